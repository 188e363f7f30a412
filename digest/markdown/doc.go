// Package markdown reads one Markdown file into one Digest and its problems. It
// knows what front matter, headings, stories and source lines look like, and
// never where files come from or what becomes of a digest.
//
// # How a body is read
//
// The document is flattened to blocks in reading order: headings, paragraphs,
// items of lists, rows of tables, code, rules (blocks.go). A block keeps its
// lines as inline text and knows its place in the file. What writers number or
// embolden by themselves becomes items and headings here, so that nothing behind
// needs to know. HTML becomes the blocks that Markdown has for it (html.go,
// tags.go): golang.org/x/net/html reads its tags, and elements end where a browser
// would end them, but no later than their block if their end is missing. A table
// with more than paragraphs in its cells lays out a page, and is no table.
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
//
// # Why not plain goldmark
//
// CommonMark leaves the emphasis of **OpenAI：**发布 and the bare address of
// 来源：https://go.dev unread, because its rules lean on spaces between words.
// Inline parsers of ours read both (inline.go). What site generators would have
// replaced is dropped (liquid.go). A block of HTML goes on to an empty line in CommonMark, so
// that <hr> swallows the text below it; here it ends with its elements. And goldmark has inputs whose cost is quadratic, so the
// size of a body, the delimiters of a block, the depth of containers and the
// number of blocks are bounded; a problem says so where it cuts something.
//
// # Where the words are not those of the page
//
// A story has the words that Jekyll (kramdown) or Hugo (goldmark) would show. Where
// the two differ, the file tells whose it is: TOML, shortcodes and {{ }} in a file
// without a date in its name are Hugo's, {% %} and attributes like {: .x} Jekyll's.
// These differences are meant:
//
//   - Code is as written; Jekyll would evaluate the Liquid in it.
//   - Vec<T> and <name> stay. Pages hide them as elements without an end.
//   - Emphasis beside CJK punctuation is read, as kramdown does.
//   - Words in <rp> are shown, since chat has no ruby, x<sup>2</sup> is x², and the
//     box of a task is ☐ or ☑.
//   - Addresses are links without marks around them, as in chat.
//   - A link that only names a source is a source. A picture is told below the text.
//   - What chat cannot show is left out, as lint says: frames, forms, drawings.
package markdown

// Version grows whenever files are read differently than before, so that what was
// kept of them is read again.
const Version = 4
