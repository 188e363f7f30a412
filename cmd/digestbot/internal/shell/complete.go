package shell

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// CompleteCommand is the command that the completion scripts call: it prints the result of
// Complete for its arguments.
const CompleteCommand = "__complete"

//go:embed completion.bash
var bash string

//go:embed completion.zsh
var zsh string

//go:embed completion.fish
var fish string

// Script returns the completion script for a shell: "bash", "zsh" or "fish".
func Script(shell string) (string, error) {
	for name, text := range map[string]string{"bash": bash, "zsh": zsh, "fish": fish} {
		if name == shell {
			return text, nil
		}
	}
	return "", fmt.Errorf("%q: write bash, zsh or fish", shell)
}

// Complete returns the possible completions of the last word, one per line: the word, a
// tab, and a description. No lines means that it may be a file name. The words are those
// after the program's name; an equals sign may be a word of its own, as in bash.
func Complete(app *kong.Application, words []string) (lines []string) {
	if len(words) == 0 || words[len(words)-1] == "=" {
		words = append(slices.Clone(words), "")
	}
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "=" })
	if words[0] == "help" && len(words) > 1 {
		words = words[1:]
	}
	last, words := words[len(words)-1], words[:len(words)-1]
	at, given := app.Node, 0 // given counts arguments
	var waiting *kong.Flag   // expects its value
	add := func(word, help string) {
		if strings.HasPrefix(word, last) {
			lines = append(lines, word+"\t"+strings.ReplaceAll(help, "\n", " "))
		}
	}
	for _, word := range words {
		name, _, whole := strings.Cut(word, "=")
		switch child := childOf(at, word); {
		case waiting != nil:
			waiting = nil
		case strings.HasPrefix(word, "-"):
			if f := flagOf(at, name); f != nil && !whole && !f.IsBool() {
				waiting = f
			}
		case child != nil:
			at, given = child, 0
		default:
			given++
		}
	}
	name, value, whole := strings.Cut(last, "=")
	switch {
	case waiting != nil:
		for _, v := range choices(waiting.Value) {
			add(v, "")
		}
	case whole && strings.HasPrefix(name, "--"):
		if f := flagOf(at, name); f != nil {
			for _, v := range choices(f.Value) {
				if strings.HasPrefix(v, value) {
					lines = append(lines, name+"="+v+"\t")
				}
			}
		}
	case strings.HasPrefix(last, "-"):
		for _, f := range flags(at) {
			add("--"+f.Name, f.Help)
		}
	case given == 0:
		for _, child := range at.Children {
			if !child.Hidden {
				add(child.Name, child.Help)
			}
		}
		fallthrough
	default:
		if given < len(at.Positional) {
			for _, v := range choices(at.Positional[given]) {
				add(v, "")
			}
		}
	}
	return lines
}

// childOf returns the subcommand of a name, or nil.
func childOf(n *kong.Node, name string) *kong.Node {
	i := slices.IndexFunc(n.Children, func(c *kong.Node) bool { return c.Name == name && !c.Hidden })
	if i < 0 {
		return nil
	}
	return n.Children[i]
}

// flagOf returns the flag that a word such as --style or -v names, or nil.
func flagOf(n *kong.Node, word string) *kong.Flag {
	for _, f := range flags(n) {
		if word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short) {
			return f
		}
	}
	return nil
}

// choices returns the allowed values, if they are restricted.
func choices(v *kong.Value) (all []string) {
	if v.Enum == "" {
		return nil
	}
	for choice := range strings.SplitSeq(v.Enum, ",") {
		if choice != "" {
			all = append(all, choice)
		}
	}
	return all
}
