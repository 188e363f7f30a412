// Package markdown reads one Markdown file into one Digest and its problems. It
// knows what front matter, headings, stories and source lines look like, and
// never where files come from or what becomes of a digest.
//
// # How a file is read
//
// Package matter reads the front matter, and package body the body, as blocks in
// reading order (package block). Each knows words by package lexicon and days by
// package dates, and none knows what is above it.
//
// Headings divide the blocks into parts (outline.go), and each part gets a
// verdict (stories.go): its heading is a headline; or it names a kind of story
// and its units are the stories: items, rows, paragraphs; or it is about the
// stories. First those parts are judged that speak for themselves, by what names
// sources and where, by labels that repeat from part to part, and by a few words
// for what is about the stories. The others are what most of their level are,
// because a reader takes headings that look alike for the same thing. A list that
// tells what is told again, at greater length, elsewhere in the file is about it.
//
// A document or part that says that there is no news (silence.go) has no stories,
// and all it says is about that.
//
// Then the stories are read (story.go): headline, summary, sources. A headline
// that the writer did not set apart is the first sentence, and facts that stand
// before the prose move behind it: what stands behind labels, be they words that the
// tables know or words that begin lines of several stories. The cells of a row are
// what their column is called, else what they look like. The host of its source
// and a score are no part of a headline (headline.go). A name of a source at the end of a text is a
// source and no part of it, and so is what a number like [1] stands for in a
// list below. Footnotes end the story that has their marks (notes.go). No step knows
// the layout of one site. New words go into
// the tables of words.go; a new kind of story is a new way to divide a part into
// units.
package markdown

// Version grows whenever files are read differently than before, so that what was
// kept of them is read again.
const Version = 4
