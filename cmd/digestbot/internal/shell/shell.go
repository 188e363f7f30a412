// Package shell describes the command line to people and their shells: the flags of a
// command, completions, and the manual page. All of it is derived from kong's model, so it
// matches the program. The package does not know what commands do.
//
// # Why
//
// The libraries that add completion to kong or write its manual page are hardly maintained
// (WillAbides/kongplete#10 and alecthomas/kong#43), and none supports a command that
// refuses a flag of the whole program. This small amount of code does.
package shell

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// refuses is the struct tag with the program's flags that have no effect on a command.
const refuses = "refuses"

// Prepare adds the example of each command, from its tag example, to its help, and takes
// the empty choice out of what a flag is said to accept.
func Prepare(app *kong.Application) {
	var visit func(n *kong.Node)
	visit = func(n *kong.Node) {
		for _, child := range n.Children {
			visit(child)
		}
		if n.Tag != nil && n.Tag.Has("example") {
			n.Detail = "For example:\n\n    " + n.Tag.Get("example")
		}
		for _, f := range n.Flags {
			if all, ok := strings.CutPrefix(f.Enum, ","); ok {
				f.Mapper = choice{f.Mapper, strings.Split(all, ",")}
			}
		}
	}
	visit(app.Node)
}

// choice reads a flag that accepts a few values, and that is empty unless it is given: kong
// would say that the empty text is one of them.
type choice struct {
	kong.Mapper
	of []string
}

func (c choice) Decode(ctx *kong.DecodeContext, to reflect.Value) error {
	if err := c.Mapper.Decode(ctx, to); err != nil {
		return err
	}
	if given := to.String(); given != "" && !slices.Contains(c.of, given) {
		return fmt.Errorf(`must be one of "%s" but got %q`, strings.Join(c.of, `","`), given)
	}
	return nil
}

// Help prints help without the flags that a command refuses, and with those of a command
// that is run without its name.
func Help(options kong.HelpOptions, ctx *kong.Context) error {
	if n := ctx.Selected(); n != nil {
		n.Flags = append(n.Flags, unnamed(n)...)
	}
	for _, f := range ctx.Model.Flags {
		f.Hidden = f.Hidden || refused(ctx.Selected(), f)
	}
	return kong.DefaultHelpPrinter(options, ctx)
}

// Refused returns the first flag on the command line that its command refuses; empty if
// there is none.
func Refused(ctx *kong.Context) string {
	for _, p := range ctx.Path {
		if p.Flag != nil && slices.Contains(ctx.Model.Flags, p.Flag) && refused(ctx.Selected(), p.Flag) {
			return "--" + p.Flag.Name
		}
	}
	return ""
}

// refused reports whether a command, or a parent of it, refuses a flag of the program.
func refused(n *kong.Node, f *kong.Flag) bool {
	if f.Name == "version" && n != nil && n.Parent != nil {
		return true // it is used without a command
	}
	for ; n != nil; n = n.Parent {
		if n.Tag != nil && slices.Contains(strings.Split(n.Tag.Get(refuses), ","), f.Name) {
			return true
		}
	}
	return false
}

// unnamed returns the flags that a command accepts for the one of its subcommands that is
// run without its name.
func unnamed(n *kong.Node) []*kong.Flag {
	if n.DefaultCmd == nil || n.DefaultCmd.Tag.Default != "withargs" {
		return nil
	}
	return n.DefaultCmd.Flags
}

// flags returns the flags that a command accepts in the order of its help: its own, then
// those of its parents.
func flags(n *kong.Node) (all []*kong.Flag) {
	known := slices.Clip(unnamed(n))
	for at := n; at != nil; at = at.Parent {
		known = append(known, at.Flags...)
	}
	for _, f := range known {
		if !f.Hidden && !refused(n, f) {
			all = append(all, f)
		}
	}
	return all
}
