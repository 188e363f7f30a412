package discord

import (
	"encoding/json"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/bot/chat"
)

// Split halves a payload twice, as far as it can be: between its panels, else
// between the lines of one, else between its text and its panel, else between the
// lines of its text. Discord's server fails on some messages that keep to every
// limit that is documented.
// https://github.com/discord/discord-api-docs/issues/6965
func (a *Adapter) Split(p chat.Payload) []chat.Payload {
	var whole message
	if err := json.Unmarshal(p, &whole); err != nil {
		return nil
	}
	pages := []message{whole}
	for range 2 {
		var smaller []message
		for _, m := range pages {
			smaller = append(smaller, halves(m)...)
		}
		pages = smaller
	}
	if len(pages) < 2 {
		return nil
	}
	payloads := make([]chat.Payload, len(pages))
	for i, m := range pages {
		var err error
		if payloads[i], err = encodeJSON(m); err != nil {
			return nil
		}
	}
	return payloads
}

// halves are the two halves of a message, or the message alone. Whom it notifies
// belongs to the first, the buttons to the last.
func halves(m message) []message {
	first, last := m, m
	last.Content, last.AllowedMentions = "…", mentions{Parse: []string{}}
	first.Components = []row{{Type: discordgo.ActionsRowComponent, Components: []button{newButton("…", "")}}}
	switch n := len(m.Embeds); {
	case n > 1:
		first.Embeds, last.Embeds = m.Embeds[:n/2], m.Embeds[n/2:]
	case n == 1:
		top, bottom, ok := midst(m.Embeds[0].Description)
		switch {
		case ok:
			above, below := m.Embeds[0], m.Embeds[0]
			above.Description, above.Image, above.Footer = top, nil, nil
			below.Description = bottom
			first.Embeds, last.Embeds = []embed{above}, []embed{below}
		case len(m.Content) > len("…"):
			first.Embeds = nil
		default:
			return []message{m}
		}
	default:
		top, bottom, ok := midst(m.Content)
		if !ok {
			return []message{m}
		}
		first.Content, last.Content = top, bottom
	}
	return []message{first, last}
}

// midst parts a text between two lines, at the first one past its middle, else at
// the last one. A line of Markdown stands for itself.
func midst(s string) (top, bottom string, ok bool) {
	s = strings.Trim(s, "\n")
	at := strings.IndexByte(s[len(s)/2:], '\n') + len(s)/2
	if at < len(s)/2 {
		at = strings.LastIndexByte(s, '\n')
	}
	if at <= 0 {
		return "", "", false
	}
	return strings.TrimRight(s[:at], "\n"), strings.TrimLeft(s[at:], "\n"), true
}
