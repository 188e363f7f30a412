// Package layout learns how the digests of a library are laid out, keeps that as a page
// of TOML, which people may change, and finds the stories of a document by it. It works
// on blocks, and never reads a file.
package layout
