// Package story reads one story from its blocks: a heading with what stands below it,
// or a unit such as an item of a list or a row of a table. It never knows how the story
// was found, nor what stands beside it.
//
// # How a story is read
//
// A story has a headline, a summary and sources (story.go). A headline
// that the writer did not set apart is the first sentence, and facts that stand
// before the prose move behind it: what stands behind labels, be they words that the
// tables know or words that begin lines of several stories. The cells of a row are
// what their column is called, else what they look like. The host of its source
// and a score are no part of a headline (headline.go, scores.go). A name of a source at
// the end of a text is a source and no part of it, and so is what a number like [1]
// stands for in a list below. Footnotes end the story that has their marks. No step
// knows the layout of one site. New words go into the tables of package lexicon.
package story
