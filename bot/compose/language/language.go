// Package language holds the words of the bot in each language that it speaks: phrases,
// numbers, days and times, schedules, and why something did not work. It does not know what
// a message is about.
//
// A language is one file in languages/, by its BCP 47 tag. The words for what adapters
// report are in platforms/.
package language

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"

	"github.com/digestbot/digestbot/bot/chat"
)

// files are the languages. The file of a BCP 47 tag has the translations of our English
// phrases. A phrase with a number, which is always its first argument, may have a text for
// each plural form of the language
// (https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html).
// The English file has only those.
//
//go:embed languages/*.json
var files embed.FS

// Words are the words of the bot in one language.
type Words struct {
	tag     language.Tag
	phrases map[string]phrase
	printer func() *message.Printer
}

// Tag is the BCP 47 tag of the language.
func (w *Words) Tag() string { return w.tag.String() }

// phrase is a text by plural form. The form "other" is for all numbers that have no form of
// their own, and for phrases without a number.
type phrase map[string]string

// UnmarshalJSON also accepts a plain text.
func (p *phrase) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		*p = phrase{}
		var text string
		err := json.Unmarshal(b, &text)
		(*p)["other"] = text
		return err
	}
	return json.Unmarshal(b, (*map[string]string)(p))
}

// message returns the phrase in the form of a catalog.
func (p phrase) message() catalog.Message {
	if len(p) == 1 {
		return catalog.String(p["other"])
	}
	var cases []any
	for form, text := range p {
		if form != "other" {
			cases = append(cases, form, text)
		}
	}
	return plural.Selectf(1, "%d", append(cases, "other", p["other"])...)
}

// spoken are the languages that we have, with English, the fallback, first.
var spoken = func() (spoken []*Words) {
	must := func(err error) {
		if err != nil {
			panic(fmt.Sprintf("language: %v", err))
		}
	}
	entries, err := files.ReadDir("languages")
	must(err)
	for _, entry := range entries {
		tag, err := language.Parse(strings.TrimSuffix(entry.Name(), ".json"))
		must(err)
		w := &Words{tag: tag}
		content, err := files.ReadFile("languages/" + entry.Name())
		must(err)
		must(json.Unmarshal(content, &w.phrases))
		w.printer = sync.OnceValue(func() *message.Printer {
			texts := catalog.NewBuilder()
			for english, p := range w.phrases {
				must(texts.Set(tag, english, p.message()))
			}
			return message.NewPrinter(tag, message.Catalog(texts))
		})
		if tag == language.English {
			spoken = slices.Insert(spoken, 0, w)
		} else {
			spoken = append(spoken, w)
		}
	}
	return spoken
}()

var matcher = language.NewMatcher(func() (tags []language.Tag) {
	for _, w := range spoken {
		tags = append(tags, w.tag)
	}
	return tags
}())

// Tags returns the BCP 47 tags of the languages that we have.
func Tags() (tags []string) {
	for _, w := range spoken {
		tags = append(tags, w.tag.String())
	}
	return tags
}

// Canonical returns the canonical form of a BCP 47 tag; ok is false if it is invalid. We
// need not have the language.
func Canonical(tag string) (canonical string, ok bool) {
	parsed, err := language.Parse(tag)
	return parsed.String(), err == nil
}

// Check returns an error if we do not have a language.
func Check(tag string) error {
	parsed, err := language.Parse(tag)
	if err == nil {
		if _, _, confidence := matcher.Match(parsed); confidence > language.No {
			return nil
		}
	}
	names := Tags()
	last := len(names) - 1
	return fmt.Errorf("language %q: there are no words in it: write %s or %s", chat.MaskValue(tag), strings.Join(names[:last], ", "), names[last])
}

// Localise returns a command with the translated names and summaries of itself, its verbs
// and their arguments. In the files, the names are under "/tag" for a verb and "tag=" for
// an argument.
func Localise(c chat.Command) chat.Command {
	return localised(c, true)
}

func localised(c chat.Command, root bool) chat.Command {
	if !root { // the root keeps one name, by which people tell bots apart
		c.Names = inEach("/" + c.Name)
	}
	c.Summaries = inEach(c.Summary)
	if c.OnPost != "" {
		c.OnPosts = inEach(c.OnPost)
	}
	c.Args = slices.Clone(c.Args)
	for i := range c.Args {
		a := &c.Args[i]
		a.Names, a.Summaries = inEach(a.Name+"="), inEach(a.Summary)
	}
	c.Subs = slices.Clone(c.Subs)
	for i := range c.Subs {
		c.Subs[i] = localised(c.Subs[i], false)
	}
	return c
}

// inEach returns the translations of a phrase without arguments.
func inEach(phrase string) map[string]string {
	texts := map[string]string{}
	for _, w := range spoken {
		if p, ok := w.phrases[phrase]; ok {
			texts[w.tag.String()] = p["other"]
		}
	}
	return texts
}

// In returns the words of the first of the wishes that we have.
func In(wishes ...string) *Words {
	for _, wish := range wishes {
		tag, err := language.Parse(wish)
		if wish == "" || err != nil {
			continue
		}
		if _, i, confidence := matcher.Match(tag); confidence > language.No {
			return spoken[i]
		}
	}
	return spoken[0]
}

// Wording returns the words of the first of the wishes that we have, for texts of other
// packages.
func Wording(wishes ...string) chat.Wording {
	w := In(wishes...)
	return chat.Wording{Language: w.tag.String(), Translate: w.Say}
}

// Say translates an English phrase and inserts the arguments.
func (w *Words) Say(phrase string, args ...any) string { return w.printer().Sprintf(phrase, args...) }

// SayOf translates a phrase and inserts the arguments; spans replace their %s unchanged.
func (w *Words) SayOf(phrase string, about ...any) chat.Text {
	mark := func(i int) string { return "\x00" + strconv.Itoa(i) + "\x00" }
	args := slices.Clone(about)
	for i := range args {
		if _, ok := args[i].(chat.Span); ok {
			args[i] = mark(i)
		}
	}
	t := chat.Plain(w.Say(phrase, args...))
	for i, x := range about {
		at := slices.IndexFunc(t, func(s chat.Span) bool { return strings.Contains(s.Text, mark(i)) })
		if span, ok := x.(chat.Span); ok && at >= 0 {
			before, after, _ := strings.Cut(t[at].Text, mark(i))
			t = slices.Concat(t[:at], chat.Plain(before), chat.Text{span}, chat.Plain(after), t[at+1:])
		}
	}
	return t
}

// Then joins two sentences.
func (w *Words) Then(first, second string) string { return w.Say("%[1]s %[2]s", first, second) }

// Count formats a number.
func (w *Words) Count(n int) string { return w.printer().Sprint(n) }

// List joins things with commas.
func (w *Words) List(things []string) string { return strings.Join(things, w.Say(", ")) }

// Either joins things with "or".
func (w *Words) Either(things []string) string {
	last := len(things) - 1
	if last < 1 {
		return w.List(things)
	}
	return w.Say("%[1]s or %[2]s", w.List(things[:last]), things[last])
}
