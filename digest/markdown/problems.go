package markdown

import "github.com/digestbot/digestbot/digest"

// Codes are all kinds of problem that this package reports, by name.
var Codes = []digest.ProblemCode{
	{Name: codeBadLink, Summary: "the link is not http or https, or is relative to an unknown page; its text is posted without the link"},
	{Name: codeCut, Summary: "a parser limit was exceeded (256 KiB body, 64 nesting levels, …); the rest was ignored"},
	{Name: CodeDate, Summary: "the date cannot be read, or can be read in two ways"},
	{Name: CodeDraft, Summary: "the file is a draft, is not published yet or has expired, so the library leaves it out"},
	{Name: CodeEmpty, Summary: "the file is empty"},
	{Name: codeEncoding, Summary: "the file is not valid UTF-8; the invalid bytes were replaced"},
	{Name: codeFrontMatter, Summary: "the front matter is broken; the valid entries are used"},
	{Name: codeHTML, Summary: "HTML was left out: a frame, a video, a form or an unclosed element; an error if headings, links or following text were lost"},
	{Name: codeLanguage, Summary: "the language is not a BCP 47 tag; it was detected from the text"},
	{Name: codeLayout, Summary: "the file is laid out differently from nearly all files beside it"},
	{Name: codeNoHeadline, Summary: "the heading is empty; the text below it is kept as a section"},
	{Name: codeNoSource, Summary: "the story names no source"},
	{Name: codeNoStories, Summary: "no story was found"},
	{Name: codeTags, Summary: "an entry in tags or categories is not a word"},
	{Name: codeTitle, Summary: "there is no title; the file name is used"},
	{Name: codeTitleHeading, Summary: "a level-1 heading repeats the title"},
	{Name: CodeTooLarge, Summary: "the file is longer than 1 MiB and was not read"},
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
