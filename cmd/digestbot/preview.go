package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/digestbot/digestbot/adapters/web"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/digest/source"
)

type previewCmd struct {
	Adapter  string `default:"web" help:"The adapter, by its name: ${default}, discord or slack."`
	Style    string `enum:"full,compact,headlines" default:"full" help:"full, compact or headlines."`
	Language string `help:"The language of the bot's own words; else each digest's."`
	Path     string `arg:"" help:"A digest."`
}

// Run prints what the platform would get: a JSON array of payloads, and for
// the web room a page of HTML. It posts nothing and needs no token.
func (cmd previewCmd) Run(p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	read, err := source.Read(cmd.Path)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(conf.Adapters, func(a adapterConfig) bool { return a.name == cmd.Adapter })
	if i < 0 {
		return fmt.Errorf("adapter %q: there is none of that name; there are %s", cmd.Adapter, adapterNames(conf.Adapters))
	}
	// An adapter may keep files; what is only looked at leaves none.
	if conf.State, err = os.MkdirTemp("", "digestbot"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(conf.State) }()
	a, err := p.openAdapter(conf, conf.Adapters[i], p.log(c))
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	var payloads []chat.Payload
	for _, d := range read {
		d.URL = conf.Rules.Permalink.URL(d)
		rendered, err := a.Render(compose.Digest(d, compose.Post{Look: compose.Look{Style: compose.Style(cmd.Style), Language: cmd.Language}}))
		if err != nil {
			return err
		}
		payloads = append(payloads, rendered...)
	}
	if conf.Adapters[i].kind.Name == "web" {
		_, err := p.out.Write(web.Page(payloads))
		return err
	}
	raw := make([]json.RawMessage, len(payloads))
	for i, payload := range payloads {
		raw[i] = json.RawMessage(payload)
	}
	out := p.json()
	out.SetIndent("", "  ")
	return out.Encode(raw)
}
