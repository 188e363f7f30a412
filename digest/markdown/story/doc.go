// Package story reads one story from its blocks: a heading with the blocks below it, or
// a unit such as a list item or a table row. It does not know how the story was found,
// nor what is next to it.
//
// # How a story is read
//
// A story has a headline, a summary and sources (story.go). If the author did not set
// the headline apart, it is the first sentence. Facts before the prose are moved after
// it. Facts follow labels, either known ones or words that begin lines of several
// stories. The cells of a row are interpreted by the names of their columns, or else by
// their contents. The host of its source and a score do not belong to a headline
// (headline.go, scores.go). The name of a source at the end of a text is a source, not
// text, and so is the target of a number like [1] in a list below. Footnotes are added
// to the story that has their marks. No step is specific to the layout of one site. New
// words belong in the tables of package lexicon.
package story
