package compose

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"

	"github.com/digestbot/digestbot/bot/chat"
)

// files are the languages. The file of a BCP 47 tag says for each English
// phrase of ours what it is in that language. A phrase about a number, which is
// always its first argument, may have a text for each plural form that the
// language has (https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html).
// English needs nothing but those.
//
//go:embed languages/*.json
var files embed.FS

// words are what the bot says in one language.
type words struct {
	tag     language.Tag
	printer *message.Printer
	phrases map[string]phrase
}

// phrase is a text by plural form. Its form "other" is for all numbers that
// have none of their own, and for what is about no number.
type phrase map[string]string

// UnmarshalJSON takes a text alone, too.
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

// message is the phrase as a catalog wants it.
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

// spoken are the languages that there are words in, English first, which is
// for readers of no other.
var spoken = func() (spoken []*words) {
	must := func(err error) {
		if err != nil {
			panic(fmt.Sprintf("compose: languages: %v", err))
		}
	}
	texts := catalog.NewBuilder()
	entries, err := files.ReadDir("languages")
	must(err)
	for _, entry := range entries {
		tag, err := language.Parse(strings.TrimSuffix(entry.Name(), ".json"))
		must(err)
		w := &words{tag: tag, printer: message.NewPrinter(tag, message.Catalog(texts))}
		content, err := files.ReadFile("languages/" + entry.Name())
		must(err)
		must(json.Unmarshal(content, &w.phrases))
		for english, p := range w.phrases {
			must(texts.Set(tag, english, p.message()))
		}
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

// Languages are the BCP 47 tags of the languages that there are words in.
func Languages() (tags []string) {
	for _, w := range spoken {
		tags = append(tags, w.tag.String())
	}
	return tags
}

// CheckLanguage reports in words when there are no words of ours in a language.
func CheckLanguage(tag string) error {
	parsed, err := language.Parse(tag)
	if err == nil {
		if _, _, confidence := matcher.Match(parsed); confidence > language.No {
			return nil
		}
	}
	names := Languages()
	last := len(names) - 1
	return fmt.Errorf("language %q: there are no words in it: write %s or %s", chat.MaskValue(tag), strings.Join(names[:last], ", "), names[last])
}

// Localise gives a command, its verbs and their arguments the names and
// summaries that they have in each language but English. The names stand in the
// files as "/tag" for a verb and "tag=" for an argument.
func Localise(c chat.Command) chat.Command {
	return localised(c, true)
}

func localised(c chat.Command, root bool) chat.Command {
	if !root { // the root has one name everywhere, by which people tell bots apart
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

// inEach is a phrase about nothing in each language that has it.
func inEach(phrase string) map[string]string {
	texts := map[string]string{}
	for _, w := range spoken {
		if p, ok := w.phrases[phrase]; ok {
			texts[w.tag.String()] = p["other"]
		}
	}
	return texts
}

// in finds the language that fits the first of the wishes that is known to us.
func in(wishes ...string) *words {
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

// Words are the words of the language that fits the first of the wishes that is
// known to us, for what others have to say to people.
func Words(wishes ...string) chat.Wording {
	w := in(wishes...)
	return chat.Wording{Language: w.tag.String(), Translate: w.say}
}

// say is a phrase, given in English, about the arguments.
func (w *words) say(phrase string, args ...any) string { return w.printer.Sprintf(phrase, args...) }

// sayOf is a phrase about arguments, of which spans stand at their %s as they are.
func (w *words) sayOf(phrase string, about ...any) chat.Text {
	mark := func(i int) string { return "\x00" + strconv.Itoa(i) + "\x00" }
	args := slices.Clone(about)
	for i := range args {
		if _, ok := args[i].(chat.Span); ok {
			args[i] = mark(i)
		}
	}
	t := chat.Plain(w.say(phrase, args...))
	for i, x := range about {
		at := slices.IndexFunc(t, func(s chat.Span) bool { return strings.Contains(s.Text, mark(i)) })
		if span, ok := x.(chat.Span); ok && at >= 0 {
			before, after, _ := strings.Cut(t[at].Text, mark(i))
			t = slices.Concat(t[:at], chat.Plain(before), chat.Text{span}, chat.Plain(after), t[at+1:])
		}
	}
	return t
}

// then puts a sentence behind another.
func (w *words) then(first, second string) string { return w.say("%[1]s %[2]s", first, second) }

// count is a number alone.
func (w *words) count(n int) string { return w.printer.Sprint(n) }

// join puts small print together.
func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// date is a day as people write it.
func (w *words) date(t time.Time) string { return w.layout(t, w.say("2 January 2006")) }

// moment is a day and its hour.
func (w *words) moment(t time.Time) string { return w.layout(t, w.say("2 January 2006, 15:04")) }

// offset is how far a clock is ahead of UTC, for example UTC+8 or UTC−3:30.
func offset(t time.Time) string {
	_, seconds := t.Zone()
	sign, minutes := "+", seconds/60
	if minutes < 0 {
		sign, minutes = "−", -minutes
	}
	switch {
	case minutes == 0:
		return "UTC"
	case minutes%60 == 0:
		return fmt.Sprintf("UTC%s%d", sign, minutes/60)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, minutes/60, minutes%60)
}

// since says that something stood here on a day before, or on this one: with its
// weekday where that says enough.
func (w *words) since(t, today time.Time) string {
	var day string
	switch days := int(midnight(today).Sub(midnight(t)).Hours() / 24); {
	case days == 0:
		return w.say("↻ earlier today")
	case 0 < days && days < 7:
		day = w.say(t.Format("Mon"))
	case t.Year() == today.Year():
		day = w.layout(t, w.say("2 January"))
	default:
		day = w.date(t)
	}
	return w.say("↻ since %s", day)
}

// midnight is the beginning of the day that t shows on its clock.
func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// layout writes a time in a layout of package time, the month by its name here.
func (w *words) layout(t time.Time, layout string) string {
	told := t.Format(layout)
	if month := t.Month().String(); strings.Contains(told, month) {
		return strings.Replace(told, month, w.say(month), 1)
	}
	return told
}
