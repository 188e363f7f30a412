// Package markdown reads one Markdown file into one Digest and its problems. It knows
// what front matter, headings, stories and source lines look like, but not where files
// come from or how a digest is used.
//
// # How a file is read
//
// Package matter reads the front matter, and package body the body, as blocks in
// reading order (package block). Both use package lexicon for words, dates for days and
// weburl for addresses, and neither knows the packages above it.
//
// Stories are then found by package stories, with general rules, or by package layout,
// as in the other digests of the library, if it is certain enough. Package story reads
// each of them: headline, summary, sources. A new kind of story is a new way to divide
// a part into units (package stories).
package markdown

// Version must be increased whenever files are read differently than before, so that
// they are read again instead of using stored readings.
const Version = 4
