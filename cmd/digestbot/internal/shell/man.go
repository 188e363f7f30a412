package shell

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
)

// Page has the parts of a manual page that the model lacks.
type Page struct {
	Version string
	// Sections follow the commands.
	Sections []Section
}

// Section is a section of a manual page: a title, and terms with their descriptions.
type Section struct {
	Title string
	Terms [][2]string
}

// Man returns the manual page of a program, section 1, in the macros of man(7).
func Man(app *kong.Application, page Page) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	term := func(name, text string) {
		line(".TP")
		line("%s", name)
		line("%s", roff(text))
	}
	line(`.TH %s 1 "" "%s %s" "User Commands"`, strings.ToUpper(app.Name), app.Name, roff(page.Version))
	line(".SH NAME")
	line(`%s \- %s`, app.Name, roff(strings.ToLower(app.Help[:1])+strings.TrimSuffix(app.Help[1:], ".")))
	line(".SH SYNOPSIS")
	line(`.B %s`, app.Name)
	line("[flags] [command]")
	line(".SH OPTIONS")
	line("A command accepts those of these flags that have an effect there.")
	for _, f := range flags(app.Node) {
		term(flagTerm(f), f.Help)
	}
	line(".SH COMMANDS")
	for _, n := range app.Leaves(true) {
		line(".SS %s", roff(strings.TrimPrefix(n.FullPath(), app.Name+" ")))
		line("%s", roff(n.Help))
		for _, p := range n.Positional {
			term(bold(p.Summary()), p.Help)
		}
		for at := n; at != app.Node; at = at.Parent {
			for _, f := range at.Flags {
				if !f.Hidden {
					term(flagTerm(f), f.Help)
				}
			}
		}
		if example := n.Tag.Get("example"); example != "" {
			line(".PP\nFor example:\n.PP\n.nf\n.RS 4\n%s\n.RE\n.fi", roff(example))
		}
	}
	for _, s := range page.Sections {
		line(".SH %s", roff(s.Title))
		for _, t := range s.Terms {
			term(bold(t[0]), t[1])
		}
	}
	return b.String()
}

// flagTerm returns a flag with its short form and the kind of its value.
func flagTerm(f *kong.Flag) string {
	text := bold("--" + f.Name)
	if f.Short != 0 {
		text = bold("-"+string(f.Short)) + ", " + text
	}
	if !f.IsBool() {
		text += "=" + `\fI` + roff(f.FormatPlaceHolder()) + `\fR`
	}
	return text
}

func bold(text string) string { return `\fB` + roff(text) + `\fR` }

// roff escapes text so that nothing in it is a macro or an escape sequence.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "\n", " ").Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	var b strings.Builder
	for _, r := range text {
		if r > unicode.MaxASCII {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
