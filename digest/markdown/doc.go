// Package markdown reads one Markdown file into one Digest and its problems. It
// knows what front matter, headings, stories and source lines look like, and
// never where files come from or what becomes of a digest.
//
// # How a body is read
//
// The document is flattened to blocks in reading order: headings, paragraphs,
// items of lists, code, rules. A block keeps its lines as inline text and knows
// its place in the file. Headings then divide the blocks into parts, and the
// parts that say where they come from are the stories (see outline.go). No
// step knows the layout of one site; a new kind of story is a new way to find
// parts among the blocks.
//
// # Why not plain goldmark
//
// CommonMark leaves the emphasis of **OpenAI：**发布 and the bare address of
// 来源：https://go.dev unread, because its rules lean on spaces between words.
// Two inline parsers of ours read both (see inline.go). And goldmark has inputs
// whose cost is quadratic, so the size of a body, the delimiters of a block and
// the depth of containers are bounded.
package markdown
