// Package body reads the body of a file with goldmark: it converts bytes to blocks in
// reading order (package block), with remarks about problems. It knows neither the front
// matter of the file nor what a story is.
//
// # How a body is read
//
// The document is flattened to headings, paragraphs, list items, table rows, code and
// rules (blocks.go), whose lines are inline text (inline.go). HTML becomes the
// corresponding Markdown blocks and text (html.go, phrases.go). All four write through
// writer.go, and each uses only those before it: writer, phrases, inline, html, blocks.
// The tags of HTML are read by golang.org/x/net/html (tags.go). Elements end where a
// browser would end them, but no later than their block if their end tag is missing. A
// table with more than paragraphs in its cells is a page layout and not read as a table.
// The remaining files are below these: parser.go combines goldmark with the parsers of
// this package.
//
// # Why not plain goldmark
//
// CommonMark does not recognize the emphasis in **OpenAI：**发布 or the bare address in
// 来源：https://go.dev, because its rules rely on spaces between words. The inline
// parsers of this package do (emphasis.go, bareurl.go). Package generator removes what
// site generators would have replaced. In CommonMark, an HTML block continues up to an
// empty line, so that <hr> swallows the text below it; here it ends with its elements
// (htmlblocks.go). Finally, some inputs take goldmark quadratic time, so the size of a
// body, the delimiters of a block, the depth of containers and the number of blocks are
// limited; a problem says where something was cut.
//
// # Where the words differ from those of the page
//
// A story has the words that Jekyll (kramdown) or Hugo (goldmark) would show. Where
// the two differ, the file shows which one applies: TOML, shortcodes and {{ }} in a file
// without a date in its name mean Hugo, {% %} and attributes like {: .x} mean Jekyll.
// These differences are intended:
//
//   - Code is as written; Jekyll would evaluate the Liquid in it.
//   - Vec<T> and <name> are kept. Pages hide them as unclosed elements.
//   - Emphasis next to CJK punctuation is recognized, as in kramdown.
//   - Words in <rp> are shown, since chat has no ruby, x<sup>2</sup> is x², and the
//     box of a task is ☐ or ☑.
//   - Bare addresses are links, as in chat.
//   - A link that only names a source is a source. A picture becomes a caption below the
//     text.
//   - What chat cannot show is left out, and lint reports it: frames, forms, drawings.
package body
