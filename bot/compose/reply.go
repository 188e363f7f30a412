package compose

import (
	"errors"
	"fmt"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// listed is how many digests and how many tags a reply shows.
const (
	listedDigests = 6
	listedTags    = 40
	tagsAsButtons = 15
)

// Tagged answers which digests have a tag: the first with their headlines, and
// how many have it exactly if related tags brought others.
func Tagged(t digest.Tagged, lang string) chat.Message {
	w := in(lang)
	m := chat.Message{Title: w.tagged(t.Name, len(t.Digests))}
	related := names(t.Related[:min(tagsAsButtons, len(t.Related))])
	if len(related) > 0 {
		m.Blocks = append(m.Blocks, chat.Paragraph{Text: chat.Plain(w.related(t.Exact, len(t.Digests)-t.Exact))}, tagButtons(related))
	}
	shown := t.Digests[:min(listedDigests, len(t.Digests))]
	for _, d := range shown {
		heading := title(d)
		if !d.Date.IsZero() {
			heading = w.date(d.Date) + w.join + heading
		}
		m.Blocks = append(m.Blocks, chat.List{Title: heading, Items: headlines(d)})
	}
	if len(shown) < len(t.Digests) {
		m.Footer = w.firstOf(len(shown), len(t.Digests))
	}
	return m
}

// NoTag answers that nothing has the tag, and names tags that are near.
func NoTag(words string, near []digest.Tag, lang string) chat.Message {
	w := in(lang)
	m := chat.Message{Blocks: []chat.Block{notice(chat.Info, w.noTag(words))}}
	if len(near) > 0 {
		m.Blocks = append(m.Blocks, chat.Paragraph{Text: chat.Plain(w.near)}, tagButtons(names(near)))
	}
	return m
}

// Tags answers which tags there are, the most used first.
func Tags(tags []digest.Tag, lang string) chat.Message {
	w := in(lang)
	if len(tags) == 0 {
		return NoDigests(lang)
	}
	shown := tags[:min(listedTags, len(tags))]
	var line chat.Text
	for i, t := range shown {
		if i > 0 {
			line = append(line, chat.Span{Text: w.join})
		}
		line = append(line, chat.Span{Text: t.Name, Style: chat.Bold}, chat.Span{Text: fmt.Sprintf(" %d", len(t.Digests))})
	}
	m := chat.Message{Title: w.tags, Blocks: []chat.Block{
		chat.Paragraph{Text: line},
		tagButtons(names(shown[:min(tagsAsButtons, len(shown))])),
	}}
	if len(shown) < len(tags) {
		m.Footer = w.manyTags(len(tags))
	}
	return m
}

func names(tags []digest.Tag) (out []string) {
	for _, t := range tags {
		out = append(out, t.Name)
	}
	return out
}

// Help lists the verbs of a command. Verbs for admins are marked.
func Help(root chat.Command, lang string) chat.Message {
	w := in(lang)
	var l chat.List
	for _, c := range root.Subs {
		item := chat.Text{{Text: Usage(root.Name, c), Style: chat.Code}, {Text: " " + w.summary(c)}}
		if c.AdminOnly {
			item = append(item, chat.Span{Text: " " + w.adminOnly, Style: chat.Italic})
		}
		l.Items = append(l.Items, item)
	}
	return chat.Message{Title: w.help, Blocks: []chat.Block{l}, Footer: w.findHint}
}

func (w *words) summary(c chat.Command) string {
	if s := w.summaries[c.Name]; s != "" {
		return s
	}
	return c.Summary
}

// Usage writes how a verb is called: "/digest tag TAG", optional arguments in
// brackets.
func Usage(root string, c chat.Command) string {
	parts := []string{"/" + root, c.Name}
	for _, a := range c.Args {
		name := strings.ToUpper(a.Name)
		if !a.Required {
			name = "[" + name + "]"
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, " ")
}

// NoDigests answers that the library is empty.
func NoDigests(lang string) chat.Message { return remark(chat.Info, in(lang).noDigests) }

// NoDigest answers that there is no digest of that ID.
func NoDigest(id, lang string) chat.Message { return remark(chat.Warning, in(lang).noDigest(id)) }

// NotUnderstood answers a line that cannot be read.
func NotUnderstood(err error, lang string) chat.Message {
	w := in(lang)
	e, ok := errors.AsType[*chat.ParseError](err)
	switch {
	case !ok:
		return Failed(lang)
	case e.Unknown:
		return remark(chat.Warning, w.unknownVerb(e.Verb)+" "+w.helpHint)
	case e.Missing != "":
		return remark(chat.Warning, w.missing(e.Verb, strings.ToUpper(e.Missing))+" "+w.helpHint)
	default:
		return remark(chat.Warning, w.tooMuch(e.Verb, e.Extra)+" "+w.helpHint)
	}
}

// AdminsOnly answers somebody who may not do that.
func AdminsOnly(lang string) chat.Message { return remark(chat.Warning, in(lang).admins) }

// Failed answers that something went wrong which is ours to mend.
func Failed(lang string) chat.Message { return remark(chat.Failure, in(lang).failed) }

// Resending answers that a digest is on its way once more.
func Resending(d *digest.Digest, lang string) chat.Message {
	return remark(chat.Info, in(lang).resending(title(d)))
}

// ResentAlready answers a request for a resend that was heard before.
func ResentAlready(lang string) chat.Message { return remark(chat.Info, in(lang).resendTwice) }

func remark(l chat.Level, s string) chat.Message {
	return chat.Message{Blocks: []chat.Block{notice(l, s)}}
}

func notice(l chat.Level, s string) chat.Notice { return chat.Notice{Level: l, Text: chat.Plain(s)} }
