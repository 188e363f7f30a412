package render

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Limits of a container
// (https://docs.slack.dev/reference/block-kit/blocks/container-block).
const (
	maxChildren       = 10
	maxContainerTitle = 150
)

// container is slack.ContainerBlock with the fields that both Slack's
// documentation and its validator accept.
type container struct {
	Type     slack.MessageBlockType `json:"type"`
	Title    *slack.TextBlockObject `json:"title"`
	Foldable bool                   `json:"is_collapsible"`
	Folded   bool                   `json:"default_collapsed"`
	Children []*slack.SectionBlock  `json:"child_blocks"`
}

func (c *container) BlockType() slack.MessageBlockType { return c.Type }

func (c *container) ID() string { return "" }

// fold lays out a fold as a container of sections, which all sources agree that a
// container may have. The unit is empty if the fold is empty, if something in it
// does not fit, or if it has too many parts. That loses nothing, because a button
// has all of it.
func fold(f chat.Fold) unit {
	var texts []markup
	runes, size := 0, 0
	add := func(words markup, fresh bool) bool {
		n := utf8.RuneCountInString(string(words))
		if n > maxObject {
			return false
		}
		if last := len(texts) - 1; last < 0 || fresh || runes+n+2 > maxObject {
			texts, runes = append(texts, words), n
		} else {
			texts[last], runes = texts[last]+"\n\n"+words, runes+n+2
		}
		size += n + 2
		return true
	}
	for _, b := range f.Blocks {
		ok := false
		switch b := b.(type) {
		case chat.Heading:
			title := mrkdwn(oneLine(b.Title))
			ok = title == "" || add("*"+title+"*", true)
		case chat.Story:
			words, fits := foldedStory(b)
			ok = fits && (words == "" || add(words, false))
		}
		if !ok {
			return unit{}
		}
	}
	title := shorten(withoutMentions(oneLine(f.Title)), maxContainerTitle-2) // for the direction marks
	if title == "" || len(texts) == 0 || len(texts) > maxChildren {
		return unit{}
	}
	c := &container{Type: slack.MBTContainer, Title: plainText(title), Foldable: true, Folded: true}
	for _, words := range texts {
		c.Children = append(c.Children, slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, string(words), false, false), nil, nil))
	}
	return unit{pieces: []piece{{c, size + length(c.Title.Text)}}, follows: true, fold: true}
}

// foldedStory returns a story as mrkdwn: its linked headline, its summary, and its
// small print. ok is false if an address is too long.
func foldedStory(s chat.Story) (words markup, ok bool) {
	headline := mrkdwn(oneLine(s.Headline))
	var lines, small []string
	for i, l := range s.Sources {
		switch label := oneLine(l.Title); {
		case i == 0 && headline != "" && linkable(l.URL):
			headline = mrkdwnLink(oneLine(s.Headline), l.URL)
			if label != "" {
				small = append(small, string(mrkdwn(label)))
			}
		case l.URL == "":
			small = append(small, string(mrkdwn(label)))
		case linkable(l.URL):
			if label == "" {
				label = shortAddress(l.URL)
			}
			small = append(small, string(mrkdwnLink(label, l.URL)))
		default:
			return "", false
		}
	}
	for _, line := range []string{string(headline), string(mrkdwnText(sanitisedText(s.Summary))), strings.Join(small, " · "), string(mrkdwnText(sanitisedText(s.Note)))} {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return markup(strings.Join(lines, "\n")), true
}

// dropFolds removes the folds that would not fit into one message.
func dropFolds(all []unit) []unit {
	blocks, size, some := 2, 0, false // for the footer and the number
	for _, u := range all {
		if some = some || u.fold; u.fold {
			continue
		}
		for _, p := range u.pieces {
			blocks, size = blocks+1, size+p.size
		}
		if u.ruled {
			blocks++
		}
	}
	if !some {
		return all
	}
	kept := make([]unit, 0, len(all))
	for _, u := range all {
		if u.fold {
			if blocks+1 > maxBlocks || size+u.pieces[0].size+footerRoom > maxTotal {
				continue
			}
			blocks, size = blocks+1, size+u.pieces[0].size
		}
		kept = append(kept, u)
	}
	return kept
}

// footerRoom is the space reserved for the footer of a message.
const footerRoom = 300

// containerType occurs in the JSON of each container block.
var containerType = []byte(`"type":"container"`)

// HasContainers reports whether a body has a container.
func HasContainers(body []byte) bool { return bytes.Contains(body, containerType) }

// WithoutContainers removes containers from a body. They have nothing that a button does
// not have.
func WithoutContainers(p []byte) (_ []byte, err error) {
	if !HasContainers(p) {
		return p, nil
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(p, &body); err != nil {
		return nil, err
	}
	var blocks []json.RawMessage
	if err := json.Unmarshal(body["blocks"], &blocks); err != nil {
		return nil, err
	}
	blocks = slices.DeleteFunc(blocks, func(b json.RawMessage) bool {
		var kind struct {
			Type string `json:"type"`
		}
		return json.Unmarshal(b, &kind) == nil && kind.Type == "container"
	})
	if body["blocks"], err = layout.JSON(blocks); err != nil {
		return nil, err
	}
	return layout.JSON(body)
}
