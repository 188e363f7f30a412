// Package shell tells people and their shells about the command line: which flags a
// command has, what may come next, and the manual page. All of it is made of kong's model,
// so it says what the program does. It never knows what a command is for.
//
// # Why
//
// The libraries that complete for kong or write its manual page are barely kept
// (WillAbides/kongplete#10 and alecthomas/kong#43), and none knows that a command can refuse
// a flag of the whole program. These few lines do the same.
package shell

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// refuses is the tag of a command that names the program's flags which would have no
// effect there.
const refuses = "refuses"

// Prepare puts the example of each command, its tag example, below its help.
func Prepare(app *kong.Application) {
	var visit func(n *kong.Node)
	visit = func(n *kong.Node) {
		for _, child := range n.Children {
			visit(child)
		}
		if n.Tag != nil && n.Tag.Has("example") {
			n.Detail = "For example:\n\n    " + n.Tag.Get("example")
		}
	}
	visit(app.Node)
}

// Help prints help with the flags that a command has, and none that it refuses.
func Help(options kong.HelpOptions, ctx *kong.Context) error {
	for _, f := range ctx.Model.Flags {
		f.Hidden = f.Hidden || refused(ctx.Selected(), f)
	}
	return kong.DefaultHelpPrinter(options, ctx)
}

// Refused is the first flag on a command line that its command refuses; empty if there
// is none.
func Refused(ctx *kong.Context) string {
	for _, p := range ctx.Path {
		if p.Flag != nil && slices.Contains(ctx.Model.Flags, p.Flag) && refused(ctx.Selected(), p.Flag) {
			return "--" + p.Flag.Name
		}
	}
	return ""
}

// refused reports whether a command, or one that it is part of, refuses a flag of the
// program.
func refused(n *kong.Node, f *kong.Flag) bool {
	if f.Name == "version" && n != nil && n.Parent != nil {
		return true // it stands alone
	}
	for ; n != nil; n = n.Parent {
		if n.Tag != nil && slices.Contains(strings.Split(n.Tag.Get(refuses), ","), f.Name) {
			return true
		}
	}
	return false
}

// flags are those of a command as people see them: its own, then those of what it is part
// of.
func flags(n *kong.Node) (all []*kong.Flag) {
	for at := n; at != nil; at = at.Parent {
		for _, f := range at.Flags {
			if !f.Hidden && !refused(n, f) {
				all = append(all, f)
			}
		}
	}
	return all
}
