// Package body reads the body of a file with goldmark: bytes to blocks in reading
// order (package block), with what is odd about it. It never knows the front matter of
// the file, nor what a story is.
//
// # How a body is read
//
// The document is flattened to headings, paragraphs, items of lists, rows of tables,
// code and rules (blocks.go), whose lines are inline text (inline.go). HTML becomes the
// blocks and the text that Markdown has for it (html.go, phrases.go). All four write
// through writer.go, and each uses only those before it: writer, phrases, inline, html,
// blocks. As for HTML,
// golang.org/x/net/html reads its tags (tags.go), and elements end where a browser would
// end them, but no later than their block if their end is missing. A table with more
// than paragraphs in its cells lays out a page, and is no table. The other files are
// below: parser.go puts goldmark together with parsers of ours.
//
// # Why not plain goldmark
//
// CommonMark leaves the emphasis of **OpenAI：**发布 and the bare address of
// 来源：https://go.dev unread, because its rules lean on spaces between words.
// Inline parsers of ours read both (emphasis.go, bareurl.go). Package generator drops
// what site generators would have replaced. A block of HTML goes on to an empty line in
// CommonMark, so that <hr> swallows the text below it; here it ends with its elements
// (htmlblocks.go). And goldmark has inputs whose cost is quadratic, so the size of a
// body, the delimiters of a block, the depth of containers and the number of blocks are
// bounded; a problem says so where it cuts something.
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
package body
