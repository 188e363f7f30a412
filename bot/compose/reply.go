package compose

import (
	"errors"
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
	m := w.message(w.say("%[2]s: %[1]d digests", len(t.Digests), t.Name))
	related := names(t.Related[:min(tagsAsButtons, len(t.Related))])
	if len(related) > 0 {
		says := w.say("None has exactly this tag; these tags have it among their words:")
		if t.Exact > 0 {
			says = w.say("%d with exactly this tag, then %d with related ones:", t.Exact, len(t.Digests)-t.Exact)
		}
		m.Blocks = append(m.Blocks, chat.Paragraph{Text: chat.Plain(says)}, tagButtons(related, nil))
	}
	shown := t.Digests[:min(listedDigests, len(t.Digests))]
	for _, d := range shown {
		list := chat.List{Title: join(w.dayOf(d), title(d))}
		stories, _ := w.stories(d, Post{})
		for _, s := range stories {
			list.Items = append(list.Items, headline(s))
		}
		m.Blocks = append(m.Blocks, list)
	}
	if len(shown) < len(t.Digests) {
		m.Footer = w.say("The first %[2]d of %[1]d digests.", len(t.Digests), len(shown))
	}
	return m
}

// NoTag answers that nothing has the tag, and names tags that are near.
func NoTag(words string, near []digest.Tag, lang string) chat.Message {
	w := in(lang)
	m := w.remark(chat.Info, w.say("No digest has the tag “%s”.", words))
	if len(near) > 0 {
		m.Blocks = append(m.Blocks, chat.Paragraph{Text: chat.Plain(w.say("Did you mean one of these?"))}, tagButtons(names(near), nil))
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
			line = append(line, chat.Span{Text: " · "})
		}
		line = append(line, chat.Span{Text: t.Name, Style: chat.Bold}, chat.Span{Text: " " + w.count(len(t.Digests))})
	}
	m := w.message(w.say("Tags"))
	m.Blocks = []chat.Block{
		chat.Paragraph{Text: line},
		tagButtons(names(shown[:min(tagsAsButtons, len(shown))]), nil),
	}
	if len(shown) < len(tags) {
		m.Footer = w.say("The most used of %d tags.", len(tags))
	}
	return m
}

func names(tags []digest.Tag) (out []string) {
	for _, t := range tags {
		out = append(out, t.Name)
	}
	return out
}

// Help lists the verbs of a command, those for admins marked, and says what
// their arguments are.
func Help(root chat.Command, lang string) chat.Message {
	w := in(lang)
	var l chat.List
	var args []string
	for _, c := range root.Subs {
		if c.Hidden {
			continue
		}
		item := chat.Text{{Text: Usage(root.Name, c), Style: chat.Code}, {Text: " " + w.say(c.Summary)}}
		if c.AdminOnly {
			item = append(item, chat.Span{Text: " " + w.say("(admins)"), Style: chat.Italic})
		}
		l.Items = append(l.Items, item)
		for _, a := range c.Args {
			if a.Hidden {
				continue
			}
			args = append(args, strings.ToUpper(a.Name)+" – "+w.say(a.Summary))
		}
	}
	m := w.message(w.say("What you can ask"))
	m.Blocks = []chat.Block{l, chat.Paragraph{Text: chat.Plain(strings.Join(unique(args), "\n"))}}
	m.Footer = w.say("A tag is found however it is written: AI, ai or a-i.")
	return m
}

// Usage writes how a verb is called: "/digest tag TAG", optional arguments in
// brackets, those that are given by name as they are given.
func Usage(root string, c chat.Command) string {
	parts := []string{"/" + root, c.Name}
	for _, a := range c.Args {
		if a.Hidden {
			continue
		}
		name := strings.ToUpper(a.Name)
		if a.Named {
			name = a.Name + "=…"
		}
		if !a.Required {
			name = "[" + name + "]"
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, " ")
}

// NoDigests answers that the library is empty.
func NoDigests(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.say("There are no digests yet."))
}

// NoDigest answers that there is no digest of that ID.
func NoDigest(id, lang string) chat.Message {
	w := in(lang)
	if strings.HasPrefix(id, refMark) { // a button of ours says so, and no reader
		return Gone(lang)
	}
	return w.remark(chat.Warning, w.say("There is no digest “%s”.", id))
}

// Gone answers that a digest which was posted is not in the library any more.
func Gone(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.say("That digest is no longer in the library."))
}

// NoDetails answers that a digest has no sections.
func NoDetails(d *digest.Digest, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.say("“%s” has nothing beside its stories.", title(d)))
}

// NotUnderstood answers a line that cannot be read.
func NotUnderstood(err error, lang string) chat.Message {
	w := in(lang)
	e, ok := errors.AsType[*chat.ParseError](err)
	if !ok {
		return Failed(lang)
	}
	var says string
	switch {
	case e.Unknown:
		says = w.say("I do not know “%s”.", e.Verb)
	case e.Missing != "":
		says = w.say("/digest %[1]s needs %[2]s.", e.Verb, strings.ToUpper(e.Missing))
	default:
		says = w.say("“%[2]s” is too much for /digest %[1]s.", e.Verb, e.Extra)
	}
	return w.remark(chat.Warning, says+" "+w.say("Type /digest help to see what you can ask."))
}

// AdminsOnly answers somebody who may not do that.
func AdminsOnly(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.say("Only admins may do that."))
}

// Failed answers that something went wrong which is ours to mend.
func Failed(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Failure, w.say("Sorry, that did not work. The people who run this bot can find the reason in its log."))
}

// Resending answers that a digest is on its way once more.
func Resending(d *digest.Digest, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.say("“%s” is being posted here once more.", title(d)))
}

// ResentAlready answers a request for a resend that was heard before.
func ResentAlready(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.say("That was asked already; it is posted once."))
}

// message is a message of our own words.
func (w *words) message(title string) chat.Message {
	return chat.Message{Language: w.tag.String(), Title: title}
}

// remark is a message of one notice.
func (w *words) remark(l chat.Level, says string) chat.Message {
	m := w.message("")
	m.Blocks = []chat.Block{chat.Notice{Level: l, Text: chat.Plain(says)}}
	return m
}
