package markdown

import "github.com/digestbot/digestbot/digest"

// Codes are all kinds of problem that this package reports, by name.
var Codes = []digest.ProblemCode{
	{Name: codeBadLink, Summary: "a link that is not http or https, or is relative to no known page; its words are posted without it"},
	{Name: codeCut, Summary: "there is more of something than is read: a body of 256 KiB, 64 levels of lists, brackets in a paragraph"},
	{Name: CodeDate, Summary: "the date cannot be understood, or may be read in two ways"},
	{Name: CodeDraft, Summary: "the file is a draft, too early or expired, and left out of the library"},
	{Name: CodeEmpty, Summary: "there is nothing to read in the file"},
	{Name: codeEncoding, Summary: "the file is not valid UTF-8; the bytes in question are replaced"},
	{Name: codeFrontMatter, Summary: "the front matter is broken; the entries that make sense are used"},
	{Name: codeHTML, Summary: "HTML is left out: a frame, a video or a form, or what is not closed; it is an error if headings, links or what stands behind it are lost"},
	{Name: codeLanguage, Summary: "the language is no BCP 47 tag; it is told from the text"},
	{Name: codeLayout, Summary: "the file is not laid out like those beside it, of which nearly all are alike"},
	{Name: codeNoHeadline, Summary: "a heading without words; what stands below it is kept as a section"},
	{Name: codeNoSource, Summary: "a story names no address that it comes from"},
	{Name: codeNoStories, Summary: "no story was found"},
	{Name: codeTags, Summary: "an entry among tags or categories is no word"},
	{Name: codeTitle, Summary: "there is no title; the file name stands in"},
	{Name: codeTitleHeading, Summary: "a heading of level 1 repeats the title"},
	{Name: CodeTooLarge, Summary: "the file is longer than 1 MiB and is not read"},
}

const (
	codeBadLink      = "bad-link"
	codeCut          = "cut"
	codeEncoding     = "encoding"
	codeFrontMatter  = "front-matter"
	codeHTML         = "html"
	codeLanguage     = "language"
	codeLayout       = "layout"
	codeNoHeadline   = "no-headline"
	codeNoSource     = "no-source"
	codeNoStories    = "no-stories"
	codeTags         = "tags"
	codeTitle        = "title"
	codeTitleHeading = "title-heading"
)

// CodeDate is the kind of problem of a day that is not clear.
const CodeDate = "date"

// The kinds of problem after which there is nothing that a library could hold.
const (
	CodeEmpty    = "empty"
	CodeTooLarge = "too-large"
)

// CodeDraft is of what is read but not published, as its writer wants it.
const CodeDraft = "draft"
