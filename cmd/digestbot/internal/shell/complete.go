package shell

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// CompleteCommand is the name of the command that the scripts call: it prints what
// Complete says to the words that it is given.
const CompleteCommand = "__complete"

//go:embed completion.bash
var bash string

//go:embed completion.zsh
var zsh string

//go:embed completion.fish
var fish string

// Script is what has a shell complete the words of digestbot: "bash", "zsh" or "fish".
func Script(shell string) (string, error) {
	for name, text := range map[string]string{"bash": bash, "zsh": zsh, "fish": fish} {
		if name == shell {
			return text, nil
		}
	}
	return "", fmt.Errorf("%q: write bash, zsh or fish", shell)
}

// Complete is what the last of some words may become, a line each: the word, and behind a
// tab what it is. Nothing says that it may be the name of a file. The words are those
// behind the program's name; an equals sign may be a word of its own, as bash has it.
func Complete(app *kong.Application, words []string) (lines []string) {
	if len(words) == 0 || words[len(words)-1] == "=" {
		words = append(slices.Clone(words), "")
	}
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "=" })
	if words[0] == "help" && len(words) > 1 {
		words = words[1:]
	}
	last, words := words[len(words)-1], words[:len(words)-1]
	at, given := app.Node, 0 // given are arguments
	var waiting *kong.Flag   // for its value
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

// childOf is the command of a name in another one, or nil.
func childOf(n *kong.Node, name string) *kong.Node {
	i := slices.IndexFunc(n.Children, func(c *kong.Node) bool { return c.Name == name && !c.Hidden })
	if i < 0 {
		return nil
	}
	return n.Children[i]
}

// flagOf is the flag that a word such as --style or -v names, or nil.
func flagOf(n *kong.Node, word string) *kong.Flag {
	for _, f := range flags(n) {
		if word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short) {
			return f
		}
	}
	return nil
}

// choices are what a value may be, if it may only be some.
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
