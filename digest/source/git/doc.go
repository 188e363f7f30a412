// Package git speaks with the hosts of git repositories over HTTP. It fetches commits into
// a bare clone, within limits, and tells when files were first committed. It never knows what
// the files say.
package git
