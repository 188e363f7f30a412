// Package render lays messages out in Block Kit: it converts a chat.Message to the
// payloads of posts or to the blocks of a view, a chat.Form to a view, and a payload
// to a page for preview. It is pure, and never knows a connection, a token or the
// channel of a payload.
//
// # Why
//
// Text is rich_text wherever possible. In rich_text, styles are attributes,
// so emphasis next to Chinese works, and nothing in the text can be a
// mention, a link or an emoji. Only the small print under titles and stories
// is mrkdwn, because Slack has no small rich_text.
//
// # Where things are
//
// Each file uses only those listed above it:
//
//	limits.go ids.go address.go                   facts of Slack
//	sanitise.go                                   raw text becomes clean
//	text.go plaintext.go mrkdwn.go fallback.go    clean text is measured, cut and escaped
//	unit.go                                       what stays together in a post
//	richtext.go smallprint.go list.go buttons.go  blocks
//	heading.go mention.go picture.go story.go menu.go fold.go
//	pagination.go render.go view.go               whole messages and views
//	draw.go                                       pages for preview
package render

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Body is the body of chat.postMessage without the fields that Send adds. Send
// posts these fields of a payload and no others. Nothing in it unfurls, and Slack
// does not search its text for names.
type Body[Block any] struct {
	Text        string  `json:"text"`
	Blocks      []Block `json:"blocks,omitempty"`
	UnfurlLinks bool    `json:"unfurl_links"`
	UnfurlMedia bool    `json:"unfurl_media"`
	Parse       string  `json:"parse"`
	LinkNames   bool    `json:"link_names"`
}

// Post is a newly laid out body.
type Post = Body[slack.Block]

// Payloads returns the posts of a message as JSON.
func Payloads(m chat.Message) ([]chat.Payload, error) {
	posts, err := Posts(m)
	if err != nil {
		return nil, err
	}
	payloads := make([]chat.Payload, len(posts))
	for i, post := range posts {
		if payloads[i], err = layout.JSON(post); err != nil {
			return nil, fmt.Errorf("payload: %w", err)
		}
	}
	return payloads, nil
}

// Posts lays m out: the title as a header, text as rich_text, notes, sources
// and footer as small print, buttons as actions, a fold as a container. The
// posts are in reading order, each within Slack's limits. The only error is
// ErrNoLayout.
func Posts(m chat.Message) ([]Post, error) {
	top, all, err := unitsOf(m)
	if err != nil {
		return nil, err
	}
	parts := paginate(all)
	bodies := make([]Post, len(parts))
	title := shorten(top.title, maxFallback) // once, for all parts
	for i, part := range parts {
		heading, mention := title, ""
		if i == 0 {
			mention = top.mention
		}
		if len(parts) > 1 {
			number := clean(fmt.Sprintf("%d/%d", i+1, len(parts)))
			heading = join(heading, number)
			part.blocks = top.numbered(part.blocks, i, number)
		}
		var text fallbackText
		text.call(mention)
		text.line(heading)
		text.say(part.headlines...)
		text.say(part.prose...)
		bodies[i] = Post{Text: text.done(), Blocks: part.blocks, Parse: "none"}
	}
	return bodies, nil
}

// unitsOf returns the units of a message, from its title to its footer.
func unitsOf(m chat.Message) (opening, []unit, error) {
	top := openingOf(m)
	rest, err := units(m.Blocks)
	if err != nil {
		return opening{}, nil, err
	}
	all := dropFolds(slices.Concat(top.units, rest))
	if pieces := footer(m.Footer); len(pieces) > 0 {
		// Without a divider, it would look like part of the small print of a story.
		ruled := len(rest) > 0 && rest[len(rest)-1].story && rest[len(rest)-1].ruled
		all = append(all, unit{pieces: pieces, follows: true, ruled: ruled})
	}
	return top, all, nil
}

// opening is the part of a message above its first block.
type opening struct {
	title   clean  // on one line
	brief   clean  // its beginning, for the line with the number of a part
	mention string // for the fallback text
	units   []unit
	// row is the last row of small print under the title, if any, and under is
	// the number of blocks above such a row.
	row   *slack.TextBlockObject
	under int
}

// openingOf lays out the mentions, the title, the small print under it, and the
// picture.
func openingOf(m chat.Message) (o opening) {
	o.title = oneLine(m.Title)
	o.brief = shorten(withoutMentions(o.title), maxNumbered)
	add := func(pieces []piece, prose ...fallbackLine) {
		if len(pieces) > 0 {
			o.units = append(o.units, unit{pieces: pieces, heading: true, prose: prose})
		}
	}
	called, mention := mentionGroups(m.Mention)
	title := header(o.title)
	var small smallPrint
	switch {
	case m.URL == "":
	case o.title != "" && linkable(m.URL):
		title = titled(o.title, m.URL, nil)
	default:
		small.link("", m.URL)
	}
	o.mention, o.under = mention, len(called)+len(title)
	add(called)
	add(title)
	note := sanitisedText(m.Note)
	small.text(note)
	rows := small.done()
	if len(rows) > 0 {
		if c, ok := rows[len(rows)-1].block.(*slack.ContextBlock); ok {
			o.row = c.ContextElements.Elements[0].(*slack.TextBlockObject)
		}
	}
	add(rows, fallbackLine{text: note})
	add(picture(m.Picture, o.title))
	return o
}

// numbered adds the number of a part below the title. Parts after the first
// begin with the title in small print.
func (o opening) numbered(blocks []slack.Block, part int, number clean) []slack.Block {
	switch {
	case part > 0:
		return slices.Insert(blocks, 0, plainRow(join(o.brief, number)).block)
	case o.row != nil && utf8.RuneCountInString(join(o.row.Text, string(number))) <= maxObject:
		o.row.Text = join(o.row.Text, string(number))
		return blocks
	}
	return slices.Insert(blocks, min(o.under, len(blocks)), plainRow(number).block)
}

// join appends the number of a part to words, if there are any.
func join[Words ~string](words, number Words) Words {
	if words == "" {
		return number
	}
	return words + " · " + number
}

// ErrNoLayout means that this adapter does not know a block of this kind.
var ErrNoLayout = errors.New("Slack has no layout for it")

// units lays out blocks.
func units(blocks []chat.Block) ([]unit, error) {
	all := make([]unit, 0, len(blocks)+4)
	add := func(u unit) {
		if len(u.pieces) > 0 {
			all = append(all, u)
		}
	}
	stories, long, pressed := 0, 0, 0
	for _, b := range blocks {
		switch b := b.(type) {
		case chat.Heading:
			add(heading(b))
		case chat.Fold:
			add(fold(b))
		case chat.Paragraph:
			title, text := oneLine(b.Title), sanitisedText(b.Text)
			add(unit{pieces: titled(title, "", text), prose: []fallbackLine{{text: title.text()}, {text: text}}, ruled: title != ""})
		case chat.Story:
			if u := story(b, stories+1); len(u.pieces) > 0 {
				stories++
				if utf8.RuneCountInString(b.Summary.String()) > maxShort {
					long++
				}
				add(u)
			}
		case chat.List:
			u := list(b)
			u.ruled = oneLine(b.Title) != ""
			add(u)
		case chat.Notice:
			if text := sanitisedText(b.Text); len(text) > 0 {
				text = slices.Insert(text, 0, (marks[b.Level]+" ").span(0, ""))
				add(unit{pieces: rich(text), prose: []fallbackLine{{text: text}}})
			}
		case chat.Buttons:
			add(unit{pieces: buttons(b, &pressed), follows: true})
		case chat.Select:
			add(unit{pieces: menu(b, &pressed), follows: true})
		default:
			return nil, fmt.Errorf("block %T: %w", b, ErrNoLayout)
		}
	}
	if 2*long < stories {
		for i, u := range all {
			all[i].ruled = u.ruled && !u.story // effectively a list, which needs no dividers
		}
	}
	if stories == 0 {
		for i, u := range all {
			all[i].headlines, all[i].prose = slices.Concat(u.headlines, u.prose), nil // in their order
		}
	}
	return all, nil
}

// marks begin a notice. They are only decoration: the words say it all.
var marks = map[chat.Level]clean{chat.Info: "ℹ️", chat.Warning: "⚠️", chat.Failure: "❌"}
