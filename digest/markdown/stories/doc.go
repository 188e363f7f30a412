// Package stories finds the stories among the blocks of a document by general rules. It
// knows neither a layout nor the parts of a story, which package story reads.
//
// # How stories are found
//
// Headings divide the blocks into parts (outline.go), and each part gets a verdict
// (stories.go). Its heading may be a headline; it may name a topic, and the units below
// it are the stories: items, rows, paragraphs; or the part is about the stories. Parts
// with clear evidence are judged first: by what names sources and where, by labels that
// recur in several parts, and by a few words for texts about the stories. The other
// parts get the verdict of most parts of their level, because readers expect headings
// that look alike to mean the same. A list of what is repeated at greater length
// elsewhere in the file is about the stories.
//
// A document or part that says that there is no news (silent.go) has no stories, and
// all of its text is about that.
package stories
