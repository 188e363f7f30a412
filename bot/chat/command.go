package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Command is a command, or a verb of one, as plain data. Discord registers the tree as an
// application command; the other platforms and all buttons send lines of text that Parse
// reads; help is printed from it.
type Command struct {
	Name    string
	Summary string
	// Names and Summaries are the translations, by BCP 47 tag. Parse understands every
	// name.
	Names, Summaries map[string]string
	Args             []Arg
	Subs             []Command
	// AdminOnly commands are refused to everyone but admins.
	AdminOnly bool
	// Private commands are answered only to the person who asked.
	Private bool
	// Form commands that come without any argument may be answered with a form, on
	// platforms that have forms: see Handler.
	Form bool
	// OnPost, if not empty, is the command's name in the menu of a message of the bot, on
	// platforms that have such a menu. The line then contains Post. OnPosts are the
	// translations, by BCP 47 tag.
	OnPost  string
	OnPosts map[string]string
	// Hidden commands are sent by buttons and by adapters themselves; they are not shown to
	// people.
	Hidden bool
}

// Arg is an argument of a command. Arguments that are not Named come first, in order, and
// only the last of them may be Rest.
type Arg struct {
	Name    string
	Summary string
	// Names and Summaries are translations, as in Command.
	Names, Summaries map[string]string
	Required         bool
	// Rest takes the remainder of the line, spaces included.
	Rest bool
	// Named arguments are given as name=value at the end of the line, in any order:
	// style=compact schedule="weekdays 8:30". The quotes may be omitted, unless the
	// argument is Hidden.
	Named bool
	// Hidden arguments are sent by buttons; they are not shown to people.
	Hidden bool
	// Suggest says that Handler.Suggest knows values for it.
	Suggest bool
}

// The arguments that adapters know by name. Buttons send them.
var (
	// Page is the requested page of the answer, from 1.
	Page = Arg{Name: "page", Named: true, Hidden: true}
	// Share, with any value, asks for an answer that everyone in the channel can read.
	Share = Arg{Name: "share", Named: true, Hidden: true}
	// Post is the platform's id of the message on which a command was given.
	Post = Arg{Name: "post", Named: true, Hidden: true}
	// Confirm is the person's decision when an answer asked for confirmation.
	Confirm = Arg{Name: "confirm", Named: true, Hidden: true}
)

// Pointed returns the line of a command that was given on a message.
func (c Command) Pointed(verb Command, message string) string {
	return With(Line(c.Name, verb.Name), Post, message)
}

// Pointing returns the verbs that can be given on a message.
func (c Command) Pointing() (verbs []Command) {
	for _, sub := range c.Subs {
		if sub.OnPost != "" {
			verbs = append(verbs, sub)
		}
	}
	return verbs
}

// User is the person who gave a command.
type User struct {
	ID   string
	Name string
	// Admin is what the adapter knows of the user's rights in that channel, at most five
	// minutes old; false if they cannot be determined. An adapter that needs a call to
	// determine them does so only for commands that are AdminOnly.
	Admin bool
	// Operator says that the user runs the bot and asks from a terminal instead of a
	// platform: every channel is in reach, and no message can be sent to the user. Adapters
	// leave it false.
	Operator bool
}

// Request is a command line that a person gave, by typing it or with a button.
type Request struct {
	// ID is the platform's id of this interaction: a request that is delivered twice has
	// the same ID.
	ID      string
	Channel Channel
	// Home is the server or workspace that the channel belongs to: see Homer.
	Home string
	User User
	// Line is the whole line, for example "/digest tag AI".
	Line string
	// Unfit says, in the user's language, why the bot cannot post where the line was given;
	// empty if it can, or if the platform did not tell.
	Unfit string
	// Locale is the user's language, as a BCP 47 tag; empty if the platform does not say.
	Locale string
}

// Handler answers requests. It is safe for concurrent use.
type Handler interface {
	// Handle returns the reply. It does not fail: errors are explained in the reply in
	// plain words and logged with their cause.
	Handle(ctx context.Context, r Request) Message
	// Suggest returns values for the argument at the end of r.Line, which may be
	// unfinished, best first.
	Suggest(ctx context.Context, r Request) []Choice
	// Form returns what to ask for when r.Line calls a Form command without the arguments
	// it needs. ok is false if there is nothing to ask, perhaps because r.User is not
	// allowed to; then Handle has the answer.
	Form(ctx context.Context, r Request) (f Form, ok bool)
}

// Form asks for the arguments of a command. Its texts are in the language of the person who
// asked.
type Form struct {
	Title, Submit, Cancel string
	// Words are the beginning of the line: "digest", "set", "morning".
	Words  []string
	Fields []Field
}

// Field asks for one argument. A field left empty is omitted from the line, unless it had a
// Value.
type Field struct {
	Arg         string
	Label, Hint string
	Value       string
	Required    bool
	// Choices, if there are any, are all allowed values.
	Choices []Choice
}

// Line returns the line that a filled-in form stands for, given the values of its fields.
func (f Form) Line(values map[string]string) string {
	line := Line(f.Words...)
	for _, field := range f.Fields {
		if v := strings.TrimSpace(values[field.Arg]); v != "" || field.Value != "" {
			line += " " + named(field.Arg, v)
		}
	}
	return line
}

// Choice is a suggestion.
type Choice struct {
	// Label is what people read, Value is the value of the argument, and Line is the whole
	// line with it.
	Label string
	Value string
	Line  string
}

// Call is a parsed line.
type Call struct {
	Command Command
	// Verb is the path of names below the root: "tag" for "/digest tag AI".
	Verb string
	// Args are the given arguments, by name.
	Args map[string]string
}

// Private reports whether only the person who asked reads the answer.
func (c Call) Private() bool { return c.Command.Private && c.Args[Share.Name] == "" }

// Turns reports whether the answer to a button replaces the answer that contains the
// button, provided that only the person who asked reads that one.
func (c Call) Turns() bool {
	return c.Private() && (c.Args[Page.Name] != "" || c.Args[Confirm.Name] != "")
}

// Bare reports whether a Form command came without any argument that people give by name,
// so a form may be shown.
func (c Call) Bare() bool {
	if !c.Command.Form {
		return false
	}
	for _, a := range c.Command.Args {
		if _, given := c.Args[a.Name]; a.Named && given {
			return false
		}
	}
	return true
}

// ParseError says what is wrong with a line. The caller words the reply.
type ParseError struct {
	// Verb is the unknown word, or the verb that lacks or refuses an argument.
	Verb string
	// Missing is the argument that was not given; Extra is the surplus text. Both are empty
	// if the verb is unknown, which Unknown reports.
	Missing, Extra string
	Unknown        bool
}

func (e *ParseError) Error() string {
	switch {
	case e.Unknown:
		return fmt.Sprintf("%q is not a verb", e.Verb)
	case e.Missing != "":
		return fmt.Sprintf("%s: argument %s is missing", e.Verb, e.Missing)
	default:
		return fmt.Sprintf("%s: unexpected %q", e.Verb, e.Extra)
	}
}

// Parse reads a line as a call of c or of one of its verbs. The slash and the root's name
// may be omitted; names are not case-sensitive; white space may be full-width; straight,
// curly or corner quotes keep words together. The error is a *ParseError; the Call has the
// Command even then, if one was found.
func (c Command) Parse(line string) (Call, error) {
	line = strings.ToValidUTF8(line, "\uFFFD")
	words := splitLine(line)
	if len(words) > 0 && strings.EqualFold(strings.TrimPrefix(words[0].text, "/"), c.Name) {
		words = words[1:]
	}
	at, verb, words, ok := c.descend(words)
	if !ok {
		return Call{}, &ParseError{Verb: words[0].text, Unknown: true}
	}
	call := Call{Command: *at, Verb: verb, Args: map[string]string{}}
	if len(at.Subs) > 0 {
		return call, nil
	}
	words = at.joined(words)
	end := len(line)
	for len(words) > 0 {
		last := words[len(words)-1]
		name, value, ok := at.named(last)
		if !ok {
			break
		}
		if _, given := call.Args[name]; !given {
			call.Args[name] = value
		}
		end, words = last.start, words[:len(words)-1]
	}
	for _, a := range at.Args {
		if a.Named {
			if _, given := call.Args[a.Name]; a.Required && !given {
				return call, &ParseError{Verb: call.Verb, Missing: a.Name}
			}
			continue
		}
		if len(words) == 0 {
			if a.Required {
				return call, &ParseError{Verb: call.Verb, Missing: a.Name}
			}
			continue
		}
		if a.Rest && len(words) > 1 {
			call.Args[a.Name] = strings.TrimSpace(line[words[0].start:end])
			words = nil
			continue
		}
		call.Args[a.Name], words = words[0].text, words[1:]
	}
	if len(words) > 0 {
		return call, &ParseError{Verb: call.Verb, Extra: strings.TrimSpace(line[words[0].start:end])}
	}
	return call, nil
}

// Typing is the position of the cursor in an unfinished line.
type Typing struct {
	// Command is the command that the line calls so far, and Verb is its path of names.
	Command Command
	Verb    string
	// Arg is the argument that is being typed. It is nil while a name is being typed: that
	// of one of the Command's Subs or, if it has none, of a Named argument.
	Arg *Arg
	// Before is the line up to the word that is being typed. Typed is that word so far:
	// without quotes, unless it is more than one word.
	Before, Typed string
}

// Typing determines what is being typed at the end of an unfinished line. ok is false if
// nothing that c knows fits there.
func (c Command) Typing(line string) (t Typing, ok bool) {
	line = strings.ToValidUTF8(line, "\uFFFD")
	words := splitLine(line)
	last := word{start: len(line), end: len(line)} // a new word, if the line ends with a space
	if n := len(words); n > 0 && words[n-1].end == len(line) {
		words, last = words[:n-1], words[n-1]
	}
	typed := last.text
	if len(words) > 0 && strings.EqualFold(strings.TrimPrefix(words[0].text, "/"), c.Name) {
		words = words[1:]
	} else if name := strings.TrimPrefix(typed, "/"); len(words) == 0 && len(name) <= len(c.Name) && strings.EqualFold(name, c.Name[:len(name)]) {
		typed = "" // it may become the root's name
	}
	at, verb, words, ok := c.descend(words)
	if !ok {
		return Typing{}, false
	}
	if words = at.joined(words); last.text != "" && !at.beginsName(last.text) {
		if all := at.joined(append(slices.Clip(words), last)); len(all) == len(words) { // it continues the value before it
			words, last = words[:len(words)-1], all[len(all)-1]
		}
	}
	t = Typing{Command: *at, Verb: verb, Before: line[:last.start], Typed: typed}
	if len(at.Subs) > 0 {
		return t, true
	}
	for i, a := range at.Args {
		if name, value, named := at.named(last); named && name == a.Name {
			t.Arg, t.Typed = &at.Args[i], value
			t.Before += last.text[:last.equals+1]
			return t, true
		}
	}
	words = slices.DeleteFunc(words, func(w word) bool { _, _, named := at.named(w); return named })
	for i, a := range at.Args {
		switch {
		case a.Named:
			continue
		case a.Rest && len(words) > 0 && !at.beginsName(last.text):
			t.Arg, t.Before, t.Typed = &at.Args[i], line[:words[0].start], line[words[0].start:]
			return t, true
		case len(words) == 0:
			t.Arg = &at.Args[i]
			return t, true
		}
		words = words[1:]
	}
	return t, slices.ContainsFunc(at.Args, func(a Arg) bool { return a.Named && !a.Hidden })
}

// descend follows words down to the command they call. It returns the command, the path of
// names to it, and the remaining words. ok is false if the next word should be a name but
// is not.
func (c *Command) descend(words []word) (at *Command, verb string, rest []word, ok bool) {
	at = c
	for len(at.Subs) > 0 && len(words) > 0 {
		sub := at.Sub(words[0].text)
		if sub == nil {
			return at, verb, words, false
		}
		if verb != "" {
			verb += " "
		}
		at, verb, words = sub, verb+sub.Name, words[1:]
	}
	return at, verb, words, true
}

// Sub returns the subcommand that a word calls, nil if there is none.
func (c *Command) Sub(word string) *Command {
	for i := range c.Subs {
		if strings.EqualFold(c.Subs[i].Name, word) {
			return &c.Subs[i]
		}
	}
	for i := range c.Subs {
		if translated(c.Subs[i].Names, word) {
			return &c.Subs[i]
		}
	}
	return nil
}

// translated reports whether a word is one of the names in other languages.
func translated(names map[string]string, word string) bool {
	for _, name := range names {
		if strings.EqualFold(name, word) {
			return true
		}
	}
	return false
}

// named reads a word as a Named argument of the command.
func (c Command) named(w word) (name, value string, ok bool) {
	if w.equals == 0 {
		return "", "", false
	}
	given := w.text[:w.equals]
	for _, a := range c.Args {
		if a.Named && (strings.EqualFold(a.Name, given) || translated(a.Names, given)) {
			return a.Name, w.text[w.equals+1:], true
		}
	}
	return "", "", false
}

// joined returns the words with those that continue an unquoted value appended to it:
// schedule=weekdays 8:30.
func (c *Command) joined(words []word) (all []word) {
	if !slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Named && !a.Hidden }) {
		return words
	}
	goesOn := false
	for _, w := range words {
		name, _, named := c.named(w)
		if goesOn && !named {
			last := &all[len(all)-1]
			last.text, last.end = last.text+" "+w.text, w.end
			continue
		}
		goesOn = named && !w.quoted && !slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Hidden && a.Name == name })
		all = append(all, w)
	}
	return all
}

// beginsName reports whether a text is the beginning of a Named argument's name.
func (c *Command) beginsName(text string) bool {
	return slices.ContainsFunc(c.Args, func(a Arg) bool {
		return a.Named && !a.Hidden && strings.HasPrefix(a.Name, strings.ToLower(text))
	})
}

// Line joins the words into a line that Parse can read, with a slash before the first.
func Line(words ...string) string {
	var b strings.Builder
	b.Grow(64)
	b.WriteByte('/')
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(Quote(w))
	}
	return b.String()
}

// With appends a Named argument to a line.
func With(line string, a Arg, value string) string { return line + " " + named(a.Name, value) }

func named(name, value string) string { return name + "=" + Quote(value) }

// Quote quotes a word so that Parse reads it back as one word and not as name=value. A
// straight quote within it cannot be escaped and becomes an apostrophe.
func Quote(w string) string {
	if w == "" || strings.ContainsFunc(w, func(r rune) bool { return unicode.IsSpace(r) || r == '=' || closing(r) != 0 }) {
		return `"` + strings.ReplaceAll(w, `"`, "'") + `"`
	}
	return w
}

// Words splits a text into words as Parse does: quoted words stay together.
func Words(text string) (words []string) {
	for _, w := range splitLine(text) {
		words = append(words, w.text)
	}
	return words
}

type word struct {
	text       string
	start, end int
	// equals is the offset in text of the first unquoted = that is not at the beginning; 0
	// if there is none.
	equals int
	quoted bool // something in it is in quotes
}

// splitLine splits a line into words at white space outside quotes. A quotation begins at
// the beginning of a word, after a leading dash, or after the = of name=value. A word in
// which nothing is quoted is a substring of the line.
func splitLine(line string) []word {
	words := make([]word, 0, 4)
	var b strings.Builder // the word so far, once something in it was quoted
	var quote rune
	var w word
	open, fresh := false, false
	flush := func(end int) {
		if open {
			w.end = end
			if w.text = line[w.start:end]; w.quoted {
				w.text = b.String()
			}
			words = append(words, w)
		}
		b.Reset()
		w, open, fresh = word{}, false, false
	}
	for i, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			b.WriteRune(r)
		case unicode.IsSpace(r):
			flush(i)
		case (!open || fresh) && closing(r) != 0:
			if !open {
				open, w.start = true, i
			}
			if !w.quoted {
				w.quoted = true
				b.WriteString(line[w.start:i])
			}
			fresh, quote = false, closing(r)
		default:
			if !open {
				open, w.start = true, i
			}
			before := i - w.start
			if w.quoted {
				before = b.Len()
				b.WriteRune(r)
			}
			fresh = before == 0 && (unicode.Is(unicode.Pd, r) || r == '−')
			if r == '=' && w.equals == 0 && before > 0 {
				fresh, w.equals = true, before
			}
		}
	}
	flush(len(line))
	return words
}

// closing returns the quote that closes r, or 0 if r does not open a quotation.
func closing(r rune) rune {
	switch r {
	case '"':
		return '"'
	case '“', '”':
		return '”'
	case '「':
		return '」'
	case '『':
		return '』'
	}
	return 0
}
