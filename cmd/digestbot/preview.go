package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/source"
)

type previewCmd struct {
	Adapter  string `placeholder:"NAME" help:"Print the payloads that this adapter would post, as JSON."`
	Style    string `enum:"brief,full,headlines,compact" default:"brief" help:"brief, full or headlines."`
	Details  string `enum:"button,thread,inline,none" default:"button" help:"Where the sections go: button, thread, inline or none."`
	Picture  bool   `help:"Show the first picture."`
	Language string `help:"The language of the bot's own words; by default each digest's."`
	Open     bool   `help:"Open the page in a browser instead of printing it."`
	Path     string `arg:"" help:"A digest, or a folder of them."`
}

// Run prints an HTML page that shows digests as each platform would, or the payloads of one
// platform. It posts nothing and needs no token.
func (cmd previewCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	// An adapter may keep files; a preview must leave none.
	apart, forget, err := house.Scratch(conf)
	if err != nil {
		return err
	}
	defer forget()
	opened, err := house.OpenAdapters(apart, p.outside(c))
	if err != nil {
		return err
	}
	defer func() {
		for _, a := range opened {
			_ = a.Close()
		}
	}()
	if cmd.Adapter != "" {
		if cmd.Open {
			return errors.New("open: a page shows all platforms: leave --adapter out")
		}
		return cmd.payloads(ctx, p, c, conf, opened)
	}
	messages, err := cmd.messages(ctx, p, c, conf, func(d *digest.Digest, post compose.Post) (chat.Message, error) {
		for _, a := range opened {
			if _, err := cmd.fitting(p, a, d, post); err != nil {
				return chat.Message{}, err
			}
		}
		return compose.Digest(d, post), nil
	})
	if err != nil {
		return err
	}
	page := adapters.Sheet(language.Wording, messages, house.Beside(opened)...)
	if cmd.Open {
		return p.browse(ctx, page)
	}
	_, err = p.out.Write(page)
	return err
}

// fitting composes a digest as an adapter posts it, and reports if only a part of it is
// posted.
func (cmd previewCmd) fitting(p *program, a house.Adapter, d *digest.Digest, look compose.Post) (chat.Message, error) {
	m, whole, err := post.Fit(a, d, look, 0)
	if whole > 0 {
		_, _ = fmt.Fprintf(p.err, "%s: the whole digest would take %s on %s, so only its headlines are posted there\n", digest.Printable(d.File), count(whole, "message"), a.Name)
	}
	return m, err
}

// messages returns the messages that would be posted, including replies in a thread.
func (cmd previewCmd) messages(ctx context.Context, p *program, c *cli, conf *config.Config, post func(*digest.Digest, compose.Post) (chat.Message, error)) (messages []chat.Message, err error) {
	if cmd.Language != "" {
		if err := language.Check(cmd.Language); err != nil {
			return nil, err
		}
	}
	read, err := p.libraries(conf, c).Digests(ctx, []string{cmd.Path}, source.WithAnyUndated())
	if err != nil {
		return nil, err
	}
	look := compose.Look{Style: compose.Style(cmd.Style), Details: compose.Place(cmd.Details), Language: cmd.Language, Picture: cmd.Picture}
	for _, d := range read {
		m, err := post(d, compose.Post{Look: look})
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
		if look.Details == compose.Thread {
			messages = append(messages, compose.Replies(d, compose.Post{Look: look})...)
		}
	}
	return messages, nil
}

// payloads prints a JSON array of what an adapter would post.
func (cmd previewCmd) payloads(ctx context.Context, p *program, c *cli, conf *config.Config, opened []house.Adapter) error {
	i := slices.IndexFunc(opened, func(a house.Adapter) bool { return a.Name == cmd.Adapter })
	if i < 0 {
		return fmt.Errorf("adapter %q does not exist; there are %s", chat.MaskValue(cmd.Adapter), config.AdapterNames(conf.Adapters))
	}
	messages, err := cmd.messages(ctx, p, c, conf, func(d *digest.Digest, post compose.Post) (chat.Message, error) {
		return cmd.fitting(p, opened[i], d, post)
	})
	if err != nil {
		return err
	}
	var raw []json.RawMessage
	for _, m := range messages {
		payloads, err := opened[i].Render(m)
		if err != nil {
			return err
		}
		for _, payload := range payloads {
			raw = append(raw, json.RawMessage(payload))
		}
	}
	out := p.json()
	out.SetIndent("", "  ")
	return out.Encode(raw)
}

// browsers are the commands that open a file in the user's browser, by operating system.
var browsers = map[string][]string{
	"darwin":  {"open"},
	"windows": {"rundll32", "url.dll,FileProtocolHandler"},
}

// browse opens a page in a browser: the one that BROWSER names, else that of the
// desktop.
func (p *program) browse(ctx context.Context, page []byte) error {
	f, err := os.CreateTemp("", "digestbot-*.html")
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	_, err = f.Write(page)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	browser := browsers[runtime.GOOS]
	if named := p.getenv("BROWSER"); named != "" {
		browser = []string{named}
	} else if browser == nil {
		browser = []string{"xdg-open"}
	}
	p.printf("%s\n", f.Name())
	if err := exec.CommandContext(ctx, browser[0], append(browser[1:], f.Name())...).Run(); err != nil {
		return fmt.Errorf("open: %w: open the file yourself, or name a browser in BROWSER", err)
	}
	return nil
}
