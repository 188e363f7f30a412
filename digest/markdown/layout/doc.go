// Package layout learns how the digests of a library are laid out, stores that as a
// page of TOML, which people may edit, and uses it to find the stories of a document.
// It works on blocks, and never reads a file.
package layout
