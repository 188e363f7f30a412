package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Command is a command, or a verb of one, as plain data. Discord registers
// the tree as an application command; the other platforms and every button
// give lines of text that Parse reads; help is printed from it.
type Command struct {
	Name    string
	Summary string
	Args    []Arg
	Subs    []Command
	// AdminOnly commands are refused to everyone who is not an admin.
	AdminOnly bool
	// Private commands are answered to the one who asked and nobody else.
	Private bool
}

// Arg is an argument of a command. Only the last may be Rest.
type Arg struct {
	Name     string
	Summary  string
	Required bool
	// Rest takes all that is left of the line, spaces included.
	Rest bool
	// Suggest says that Handler.Suggest knows values for it.
	Suggest bool
}

// User is who gave a command.
type User struct {
	ID   string
	Name string
	// Admin is what the adapter knows of the user's rights in that channel. An
	// adapter for which finding out costs a call asks only for commands that
	// are AdminOnly.
	Admin bool
}

// Request is a command line that somebody gave, typed or by a button.
type Request struct {
	// ID is the platform's id of this very act: a request that is delivered
	// twice has the same.
	ID      string
	Channel Channel
	User    User
	// Line is the whole line, for example "/digest tag AI".
	Line string
	// Locale is the language that the user reads, as a BCP 47 tag; empty when
	// the platform does not say.
	Locale string
}

// Handler answers requests. It is safe for concurrent use.
type Handler interface {
	// Handle gives the reply. It does not fail: what goes wrong is said in
	// the reply in plain words and logged with its cause.
	Handle(ctx context.Context, r Request) Message
	// Suggest gives values for the argument at the end of r.Line, which may be
	// unfinished, best first.
	Suggest(ctx context.Context, r Request) []Choice
}

// Choice is a suggestion.
type Choice struct {
	// Label is what people read, Value what the argument becomes, and Line the
	// whole line with it.
	Label string
	Value string
	Line  string
}

// Call is a line that was understood.
type Call struct {
	Command Command
	// Verb is the path of names below the root: "tag" for "/digest tag AI".
	Verb string
	// Args are the arguments that were given, by name.
	Args map[string]string
}

// ParseError says what is wrong with a line, for the one who words the reply.
type ParseError struct {
	// Verb is the word that is no verb, or the verb that lacks or refuses an argument.
	Verb string
	// Missing is the argument that was not given; Extra the words too many.
	// Both are empty when the verb is unknown, which Unknown says.
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
		return fmt.Sprintf("%s: %q is too much", e.Verb, e.Extra)
	}
}

// Parse reads a line as a call of c or one of its verbs. The slash and the
// root's name may be left out; letter case of names does not matter; white
// space may be full-width; words that belong together may stand in straight,
// curly or corner quotes. The error is a *ParseError.
func (c Command) Parse(line string) (Call, error) {
	words := splitLine(line)
	if len(words) > 0 && strings.EqualFold(strings.TrimPrefix(words[0].text, "/"), c.Name) {
		words = words[1:]
	}
	var path []string
	for len(c.Subs) > 0 {
		if len(words) == 0 {
			return Call{Command: c, Verb: strings.Join(path, " "), Args: map[string]string{}}, nil
		}
		i := slices.IndexFunc(c.Subs, func(s Command) bool { return strings.EqualFold(s.Name, words[0].text) })
		if i < 0 {
			return Call{}, &ParseError{Verb: words[0].text, Unknown: true}
		}
		c, words = c.Subs[i], words[1:]
		path = append(path, c.Name)
	}
	call := Call{Command: c, Verb: strings.Join(path, " "), Args: map[string]string{}}
	for _, a := range c.Args {
		if len(words) == 0 {
			if a.Required {
				return Call{}, &ParseError{Verb: call.Verb, Missing: a.Name}
			}
			break
		}
		if a.Rest && len(words) > 1 {
			call.Args[a.Name] = strings.TrimSpace(line[words[0].start:])
			words = nil
			break
		}
		call.Args[a.Name], words = words[0].text, words[1:]
	}
	if len(words) > 0 {
		return Call{}, &ParseError{Verb: call.Verb, Extra: strings.TrimSpace(line[words[0].start:])}
	}
	return call, nil
}

// Line writes the words as a line that Parse reads back, the first of them
// with its slash.
func Line(words ...string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w
		if w == "" || strings.ContainsFunc(w, func(r rune) bool { return unicode.IsSpace(r) || closing(r) != 0 }) {
			out[i] = `"` + strings.ReplaceAll(w, `"`, "'") + `"`
		}
	}
	return "/" + strings.Join(out, " ")
}

type word struct {
	text  string
	start int
}

// splitLine splits a line into words at white space outside quotes.
func splitLine(line string) []word {
	var words []word
	var b strings.Builder
	var quote rune
	start, open := 0, false
	flush := func() {
		if open {
			words = append(words, word{b.String(), start})
		}
		b.Reset()
		open = false
	}
	for i, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			b.WriteRune(r)
		case unicode.IsSpace(r):
			flush()
		case !open && closing(r) != 0:
			start, open, quote = i, true, closing(r)
		default:
			if !open {
				start, open = i, true
			}
			b.WriteRune(r)
		}
	}
	flush()
	return words
}

// closing is the quote that ends what r begins, or 0 if r begins no quotation.
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
