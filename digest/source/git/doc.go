// Package git talks to hosts of git repositories over HTTP. It fetches commits into a
// bare clone, within limits, and finds out when files were first committed. It does not
// know what the files contain.
package git
