package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
)

type askCmd struct {
	As       string `placeholder:"ADAPTER:CHANNEL" help:"Ask as if in this channel; by default the first in the configuration."`
	Language string `placeholder:"TAG" help:"The language of the answer, for example zh-Hans; by default the channel's."`
	Line     string `arg:"" help:"The command, for example '/digest tag AI'."`
}

// Run prints the answer, and fails if the command is refused. The person at the terminal is
// an operator, and so an admin of every channel.
func (cmd askCmd) Run(ctx context.Context, p *program, c *cli) error {
	if cmd.Language != "" {
		if err := language.Check(cmd.Language); err != nil {
			return err
		}
	}
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	open := house.Look
	if command.Changes(cmd.Line) {
		open = house.Open
	}
	h, err := open(ctx, conf, p.outside(c))
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }()
	r := chat.Request{ID: rand.Text(), Line: cmd.Line, Locale: cmd.Language, User: chat.User{ID: "terminal", Name: operator(), Admin: true, Operator: true}}
	if cmd.As != "" {
		if r.Channel, err = h.Config.Channel(cmd.As); err != nil {
			return err
		}
	} else if r.Channel, err = firstChannel(h); err != nil {
		return err
	}
	if h.Dispatcher.Off(r.Channel) == "" {
		if homer, ok := h.Dispatcher.Platforms.Adapters[r.Channel.Adapter].(chat.Homer); ok {
			if r.Home, err = homer.Home(ctx, r.Channel); err != nil {
				h.Log.Warn("ask: the home of a channel is unknown", "channel", r.Channel.String(), "error", err)
			}
		}
	}
	var answer chat.Message
	_ = p.while(words("looking for the answer"), func() error { answer = h.Desk.Handle(ctx, r); return nil })
	p.printf("%s", plain(answer))
	if compose.Refused(answer) {
		return errSilent
	}
	return nil
}

// firstChannel returns the first channel of the subscriptions that has an adapter.
func firstChannel(h *house.House) (chat.Channel, error) {
	for _, s := range h.Dispatcher.Subscriptions.All() {
		for _, c := range s.Channels {
			if h.Dispatcher.Platforms.CheckChannel(c) == nil {
				return c, nil
			}
		}
	}
	return chat.Channel{}, errors.New("channel: there is no subscription to take one from: name one with --as")
}

// plain returns a message as a terminal shows it.
func plain(m chat.Message) string {
	var b strings.Builder
	if m.Title != "" {
		fmt.Fprintf(&b, "%s\n", m.Title)
	}
	if m.URL != "" {
		fmt.Fprintf(&b, "%s\n", m.URL)
	}
	if len(m.Note) > 0 {
		fmt.Fprintf(&b, "%s\n", plainText(m.Note))
	}
	for _, block := range m.Blocks {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		switch x := block.(type) {
		case chat.Heading:
			fmt.Fprintf(&b, "%s\n", strings.TrimSpace(x.Title+" "+x.URL))
			if len(x.Note) > 0 {
				fmt.Fprintf(&b, "%s\n", plainText(x.Note))
			}
		case chat.Fold:
			fmt.Fprintf(&b, "[%s] %s\n", x.Title, x.Line)
		case chat.Paragraph:
			if x.Title != "" {
				fmt.Fprintf(&b, "%s\n", x.Title)
			}
			fmt.Fprintf(&b, "%s\n", plainText(x.Text))
		case chat.Story:
			fmt.Fprintf(&b, "%s\n", x.Headline)
			if len(x.Summary) > 0 {
				fmt.Fprintf(&b, "%s\n", plainText(x.Summary))
			}
			for _, s := range x.Sources {
				fmt.Fprintf(&b, "→ %s\n", strings.TrimSpace(s.Title+" "+s.URL))
			}
		case chat.List:
			if x.Title != "" {
				fmt.Fprintf(&b, "%s\n", x.Title)
			}
			for _, item := range x.Items {
				fmt.Fprintf(&b, "• %s\n", strings.ReplaceAll(plainText(item), "\n", "\n  "))
			}
		case chat.Notice:
			fmt.Fprintf(&b, "%s\n", plainText(x.Text))
		case chat.Buttons:
			for _, button := range x {
				fmt.Fprintf(&b, "[%s] %s\n", button.Label, cmp.Or(button.Line, button.URL))
			}
		case chat.Select:
			fmt.Fprintf(&b, "%s\n", x.Label)
			for _, choice := range x.Choices {
				fmt.Fprintf(&b, "  [%s] %s\n", choice.Label, choice.Line)
			}
		}
	}
	if m.Footer != "" {
		fmt.Fprintf(&b, "\n%s\n", m.Footer)
	}
	return b.String()
}

// plainText returns text in which each link is followed by its URL.
func plainText(t chat.Text) string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.Text)
		if s.URL != "" && s.URL != s.Text {
			b.WriteString(" " + s.URL)
		}
	}
	return b.String()
}
