package markdown

import "github.com/digestbot/digestbot/digest"

// Codes are the kinds of problem that this package reports, sorted by name.
var Codes = []digest.ProblemCode{
	{Name: codeBadLink, Summary: "the link is not http or https, or is relative to an unknown page; its text is posted without the link", Remedy: "write the whole address, with `https://`, or set `library.base_url`"},
	{Name: codeCut, Summary: "a parser limit was exceeded (256 KiB body, 64 nesting levels, …); the rest was ignored", Remedy: "split the file"},
	{Name: CodeDate, Summary: "the date cannot be read, or can be read in two ways", Remedy: "write `2026-11-23`; a date like `03/04/2026` is a warning, and its first reading is used"},
	{Name: CodeDraft, Summary: "the file is a draft, is not published yet or has expired, so the library leaves it out", Remedy: "publish it, or leave it; `draft` that is neither true nor false is an error"},
	{Name: CodeEmpty, Summary: "the file is empty", Remedy: "write it, or delete it"},
	{Name: codeEncoding, Summary: "the file is not valid UTF-8; the invalid bytes were replaced", Remedy: "save it as UTF-8"},
	{Name: codeFrontMatter, Summary: "the front matter is broken; the valid entries are used", Remedy: "correct it where the message points; nothing was lost if it is a warning; write a quote within quotes as `\\\"`, and put a space after the colon of `title: …`"},
	{Name: codeHTML, Summary: "HTML was left out: a frame, a video, a form or an unclosed element; an error if headings, links or following text were lost", Remedy: "close the element; link to a frame or a video; move headings and links out of a form"},
	{Name: codeLanguage, Summary: "the language is not a BCP 47 tag; it was detected from the text", Remedy: "write, for example, `lang: zh-CN`"},
	{Name: codeLayout, Summary: "the file is laid out differently from nearly all files beside it", Remedy: "check whether the template has changed; `digestbot layout --learn` learns the new one"},
	{Name: codeNoHeadline, Summary: "the heading is empty; the text below it is kept as a section", Remedy: "write a headline"},
	{Name: codeNoSource, Summary: "the story names no source", Remedy: "add a line such as `**Source:** [Title](https://…)`"},
	{Name: codeNoStories, Summary: "no story was found", Remedy: "give each story a heading, with its text and source below it"},
	{Name: codeTags, Summary: "an entry in tags or categories is not a word", Remedy: "write `tags: [one, two]`"},
	{Name: codeTitle, Summary: "there is no title; the file name is used", Remedy: "add `title:` to the front matter"},
	{Name: codeTitleHeading, Summary: "a level-1 heading repeats the title", Remedy: "delete it: the title is posted anyway"},
	{Name: CodeTooLarge, Summary: "the file is longer than 1 MiB and was not read", Remedy: "split the file, or keep it out of the folder"},
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

// CodeDate is the code for a date that cannot be understood or is ambiguous.
const CodeDate = "date"

// The codes of problems after which a library has nothing to keep.
const (
	CodeEmpty    = "empty"
	CodeTooLarge = "too-large"
)

// CodeDraft is the code for a file that was read but is not published, as its author
// wants.
const CodeDraft = "draft"
