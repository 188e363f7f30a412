package main

import (
	"context"
	"fmt"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
	"github.com/digestbot/digestbot/digest/markdown/layout"
	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/source"
)

type layoutCmd struct {
	Learn bool   `help:"Learn the layout again, for the next start of serve."`
	Path  string `arg:"" optional:"" name:"folder" help:"A folder of digests, whose layout is learned and not saved; by default the library."`
}

type laidOut interface{ Layout() *layout.Layout }

// Run prints the layout of digests, in the format that show --layout and the table
// library.layout accept.
func (cmd layoutCmd) Run(ctx context.Context, p *program, c *cli) error {
	if cmd.Path != "" {
		if !libraries.IsFolder(cmd.Path) {
			return fmt.Errorf("%s is not a folder: a layout is learned from several digests in the same folder", cmd.Path)
		}
		folder, err := source.Open(cmd.Path, p.log(c), source.WithShelf(shelf.Memory()), source.WithLearning(), source.WithAnyUndated())
		if err != nil {
			return err
		}
		return cmd.print(p, cmd.Path, folder)
	}
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	if !cmd.Learn {
		var forget func()
		if conf, forget, err = house.LookOnly(conf); err != nil {
			return err
		}
		defer forget()
	}
	kept := p.libraries(conf, c).OpenShelf(ctx)
	defer func() { _ = kept.Close() }()
	var options []source.Option
	if cmd.Learn {
		options = append(options, source.WithLearning())
	}
	_, parts, err := p.libraries(conf, c).Open(ctx, kept, options...)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if len(parts) > 1 {
			p.printf("# The library %s.\n", part.Config.Origin.Name)
		}
		if err := cmd.print(p, part.Config.Path, part.Source); err != nil {
			return err
		}
	}
	kept.Wait()
	return nil
}

// print prints the layout of a library. A layout without forms is printed as well.
func (cmd layoutCmd) print(p *program, path string, of source.Source) error {
	learned := of.(laidOut).Layout()
	if learned == nil {
		learned = &layout.Layout{}
	}
	if len(learned.Forms) == 0 {
		_, _ = fmt.Fprintf(p.err, "digestbot: %s: there is no layout to learn: it takes %d digests in a folder with the same layout\n", path, layout.Fewest)
	}
	p.printf("%s", learned)
	return nil
}
