package compose

import (
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

const (
	// listedTags is how many tags a page has, so that each can be selected: the limit of
	// Discord's menus
	// (https://docs.discord.com/developers/components/reference#string-select).
	listedTags = 25
	// tagsAsButtons is how many related tags are offered.
	tagsAsButtons = 5
)

// Tags answers with a page of the tags that begin with a prefix, or of all tags if it is
// empty, the most used first. There must be digests.
func Tags(tags []digest.Tag, prefix string, a Asked) chat.Message {
	w := in(a.Language)
	if len(tags) == 0 {
		return w.remark(chat.Info, w.Say("No digest has tags."))
	}
	page := tags[min(len(tags), (a.Page-1)*listedTags):min(len(tags), a.Page*listedTags)]
	var line chat.Text
	choose := chat.Select{Label: w.Say("Open a tag"), Brief: true, Line: chat.Line("digest", "tag")}
	for i, t := range page {
		if i > 0 {
			line = append(line, chat.Span{Text: " · "})
		}
		line = append(line, chat.Span{Text: t.Name, Style: chat.Bold}, chat.Span{Text: " " + w.Count(len(t.Digests))})
		choose.Choices = append(choose.Choices, chat.Choice{Label: TagLabel(t.Name, len(t.Digests), a.Language), Value: t.Name, Line: TagLine(t.Name)})
	}
	m := w.message(w.Say("Tags"))
	if prefix != "" {
		m.Title = w.Say("Tags: %s", prefix)
	}
	m.Blocks = []chat.Block{chat.Paragraph{Text: line}, choose}
	a.turns(w, &m, w.Say("← More used"), w.Say("Less used →"), a.Page*listedTags < len(tags))
	if len(tags) > listedTags {
		m.Footer = w.Say("%[1]d tags, page %[2]s of %[3]s", len(tags), w.Count(a.Page), w.Count((len(tags)+listedTags-1)/listedTags))
	}
	return m
}

// TagPages returns the number of pages for a number of tags.
func TagPages(tags int) int { return max(1, (tags+listedTags-1)/listedTags) }

// TagLabel returns a tag with its number of digests.
func TagLabel(tag string, digests int, lang string) string {
	return tag + " · " + in(lang).Count(digests)
}

func names(tags []digest.Tag) (out []string) {
	for _, t := range tags {
		out = append(out, t.Name)
	}
	return out
}

// Help lists the verbs of a command and explains their arguments. Verbs for admins come
// last; HelpOn has their arguments.
func Help(root chat.Command, lang string) chat.Message {
	w := in(lang)
	everyday, admins := chat.List{}, chat.List{Title: w.Say("For admins")}
	var args []chat.Arg
	for _, c := range root.Subs {
		if c.Hidden {
			continue
		}
		item := chat.Text{{Text: Usage(root.Name, c), Style: chat.Code}, {Text: " " + w.Say(c.Summary)}}
		if c.AdminOnly {
			admins.Items = append(admins.Items, item)
			continue
		}
		everyday.Items = append(everyday.Items, item)
		for _, a := range c.Args {
			known := slices.ContainsFunc(args, func(x chat.Arg) bool { return x.Name == a.Name })
			if !a.Hidden && !known {
				args = append(args, a)
			}
		}
	}
	explained := each(args, func(a chat.Arg) string { return strings.ToUpper(a.Name) + " – " + w.Say(a.Summary) })
	m := w.message(w.Say("Commands"))
	m.Blocks = []chat.Block{everyday, chat.Paragraph{Text: chat.Plain(strings.Join(explained, "\n"))}}
	if len(admins.Items) > 0 {
		m.Blocks = append(m.Blocks, admins)
	}
	m.Footer = w.Say("A tag is found however it is written: AI, ai or a-i.")
	return m
}

// HelpOn explains the syntax and purpose of a verb.
func HelpOn(root string, c chat.Command, lang string) chat.Message {
	w := in(lang)
	m := w.message(Usage(root, c))
	m.Blocks = []chat.Block{chat.Paragraph{Text: chat.Plain(w.Say(c.Summary))}}
	if c.AdminOnly {
		m.Blocks = append(m.Blocks, chat.Notice{Text: chat.Plain(w.Say("Only admins can do that."))})
	}
	var l chat.List
	for _, a := range c.Args {
		if !a.Hidden {
			l.Items = append(l.Items, chat.Text{{Text: strings.ToUpper(a.Name), Style: chat.Code}, {Text: " " + w.Say(a.Summary)}})
		}
	}
	if len(l.Items) > 0 {
		m.Blocks = append(m.Blocks, l)
	}
	if name := c.Names[w.Tag()]; name != "" {
		m.Footer = w.Say("Also: %s", "/"+root+" "+name)
	}
	return m
}

// Usage returns the syntax of a verb: "/digest tag TAG", with optional arguments in
// brackets, named arguments as name=value, and an ellipsis for named ones that are too
// many.
func Usage(root string, c chat.Command) string {
	parts := []string{"/" + root, c.Name}
	byName := 0
	for _, a := range c.Args {
		if a.Hidden {
			continue
		}
		if a.Named {
			byName++
		}
		if a.Named && !a.Required && byName > namedShown {
			if byName == namedShown+1 {
				parts = append(parts, "…")
			}
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

// namedShown is how many named arguments a usage shows.
const namedShown = 2

// NoDigests answers that the library is empty.
func NoDigests(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.Say("There are no digests yet."))
}

// NoDigest answers that there is no digest with that ID.
func NoDigest(id string, near []Instead, lang string) chat.Message {
	w := in(lang)
	return w.orElse(w.remark(chat.Warning, w.Say("There is no digest “%s”.", id)), near)
}

// NoPost answers that a message is not a post of a digest.
func NoPost(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.Say("That message is not a digest that the bot posted."))
}

// WhichDigest asks which of several in one post is meant.
func WhichDigest(several []Instead, lang string) chat.Message {
	w := in(lang)
	m := w.message("")
	return w.offering(m, w.Say("The post has several digests. Choose one."), several)
}

// Gone answers that a digest which was posted is no longer in the library.
func Gone(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.Say("That digest is no longer in the library."))
}

// NoDetails answers that a digest has no sections.
func NoDetails(d *digest.Card, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.Say("“%s” has nothing but its stories.", title(d)))
}

// NoVerb answers that a word is not a verb.
func NoVerb(e *chat.ParseError, near []Instead, lang string) chat.Message {
	w := in(lang)
	return w.orElse(w.unread(w.Say("I do not know “%s”.", chat.MaskValue(e.Verb))), near)
}

// NothingSaid answers that words do not begin with a verb, and that no story has them.
func NothingSaid(words string, near []Instead, lang string) chat.Message {
	w := in(lang)
	return w.orElse(w.unread(w.Say("“%s” is not a command, and no story contains it.", chat.MaskValue(words))), near)
}

// TooMuch answers that a line has surplus words.
func TooMuch(e *chat.ParseError, lang string) chat.Message {
	w := in(lang)
	return w.unread(w.Say("/digest %[1]s does not take “%[2]s”.", e.Verb, chat.MaskValue(e.Extra)))
}

// Lacking answers that a line lacks an argument, and asks for it if there are choices.
func Lacking(e *chat.ParseError, asks chat.Select, lang string) chat.Message {
	w := in(lang)
	m := w.unread(w.Say("/digest %[1]s needs %[2]s.", e.Verb, strings.ToUpper(e.Missing)))
	if asks.Label = w.Say("Choose one"); len(asks.Choices) > 0 {
		m.Blocks = append(m.Blocks, asks)
	}
	return m
}

// unread answers why a line cannot be parsed.
func (w words) unread(why string) chat.Message {
	return w.remark(chat.Warning, w.Then(why, w.Say("Type /digest help to see what you can ask.")))
}

// AdminsOnly answers a user who lacks the right.
func AdminsOnly(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.Say("Only admins can do that."))
}

// Refused reports whether an answer says that the request was not carried out. An answer
// that asks first, or that found nothing, is not a refusal.
func Refused(m chat.Message) bool {
	if m.Title != "" || len(m.Blocks) == 0 {
		return false
	}
	for _, block := range m.Blocks {
		if buttons, ok := block.(chat.Buttons); ok && slices.ContainsFunc(buttons, func(b chat.Button) bool { return strings.Contains(b.Line, " "+chat.Confirm.Name+"=") }) {
			return false
		}
	}
	first, ok := m.Blocks[0].(chat.Notice)
	return ok && first.Level != chat.Info
}

// Failed answers that an internal error occurred.
func Failed(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Failure, w.Say("Sorry, that did not work. The people who run this bot can find the reason in its log."))
}

// ResentAlready answers a resend request that was received before.
func ResentAlready(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.Say("Someone has already asked for that. It is posted once."))
}

// message returns a message in our own words.
func (w words) message(title string) chat.Message {
	return chat.Message{Language: w.Tag(), Title: title}
}

// remark returns a message of one notice.
func (w words) remark(l chat.Level, says string) chat.Message { return w.notice(l, chat.Plain(says)) }

// notice is a remark in spans.
func (w words) notice(l chat.Level, says chat.Text) chat.Message {
	m := w.message("")
	m.Blocks = []chat.Block{chat.Notice{Level: l, Text: says}}
	return m
}
