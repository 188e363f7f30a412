// Package markdown reads one Markdown file into one Digest and its problems. It
// knows what front matter, headings, stories and source lines look like, and
// never where files come from or what becomes of a digest.
//
// # How a file is read
//
// Package matter reads the front matter, and package body the body, as blocks in
// reading order (package block). Both know words by package lexicon, days by package
// dates and addresses by package weburl, and neither knows what is above it.
//
// Package stories then finds the stories as any reader would, or package layout as the
// other digests of the library have them, where it is sure enough. Package story reads
// each: headline, summary, sources. A new kind of story is a new way to divide a part
// into units (package stories).
package markdown

// Version grows whenever files are read differently than before, so that what was
// kept of them is read again.
const Version = 4
