// Package stories finds the stories among the blocks of a document as any reader
// would. It knows no layout, and never what a story is made of: package story reads it.
//
// # How stories are found
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
// A document or part that says that there is no news (silent.go) has no stories,
// and all it says is about that.
package stories
