package markdown

// Code is the name of a kind of problem and what it means.
type Code struct{ Name, Summary string }

// Codes are all kinds of problem that this package reports, by name.
var Codes = []Code{
	{codeBadLink, "a link that is not http or https; its words are posted without it"},
	{codeCut, "there is more of something than is read: a body of 256 KiB, 64 levels of lists, brackets in a paragraph"},
	{codeDate, "the date is missing or cannot be understood"},
	{CodeEmpty, "there is nothing to read in the file"},
	{codeEncoding, "the file is not valid UTF-8; the bytes in question are replaced"},
	{codeFrontMatter, "the front matter is broken; the entries that make sense are used"},
	{codeHTML, "a block of HTML is left out"},
	{codeLanguage, "the language is no BCP 47 tag; it is told from the text"},
	{codeNoHeadline, "a heading without words; what stands below it is kept as a section"},
	{codeNoSource, "a story names no address that it comes from"},
	{codeNoStories, "no story was found"},
	{codeTags, "an entry among tags or categories is no word"},
	{codeTitle, "there is no title; the file name stands in"},
	{codeTitleHeading, "a heading of level 1 repeats the title"},
	{CodeTooLarge, "the file is longer than 1 MiB and is not read"},
}

const (
	codeBadLink      = "bad-link"
	codeCut          = "cut"
	codeDate         = "date"
	codeEncoding     = "encoding"
	codeFrontMatter  = "front-matter"
	codeHTML         = "html"
	codeLanguage     = "language"
	codeNoHeadline   = "no-headline"
	codeNoSource     = "no-source"
	codeNoStories    = "no-stories"
	codeTags         = "tags"
	codeTitle        = "title"
	codeTitleHeading = "title-heading"
)

// The kinds of problem after which there is nothing that a library could hold.
const (
	CodeEmpty    = "empty"
	CodeTooLarge = "too-large"
)
