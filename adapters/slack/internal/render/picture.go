package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// picture returns an image with its alternative text, or a link if Slack
// cannot fetch the image.
func picture(p chat.Picture, title clean) []piece {
	alt := oneLine(p.Alt)
	if p.URL == "" {
		return nil
	}
	if !strings.HasPrefix(p.URL, "https://") || !layout.Link(p.URL) || addressLength(p.URL) > maxPictureURL {
		var small smallPrint
		small.link(alt, p.URL)
		return small.done()
	}
	head, rest := cut(cmp.Or(alt, title, shortAddress(p.URL)), maxAlt)
	pieces := []piece{{slack.NewImageBlock(p.URL, string(head), "", nil), length(head) + addressLength(p.URL)}}
	return append(pieces, footer(string(rest))...)
}

// HasPictures reports whether blocks include a picture. If Slack cannot fetch a
// picture in the answer to its own request, it reports no error and shows nothing.
func HasPictures(blocks []slack.Block) bool {
	return slices.ContainsFunc(blocks, func(b slack.Block) bool { return b.BlockType() == slack.MBTImage })
}

// image is a block that is a picture, if it is one.
type image struct {
	Type string `json:"type"`
	URL  string `json:"image_url"`
	Alt  string `json:"alt_text"`
}

// WithoutPictures replaces the pictures whose addresses are unseen, because
// Slack could not fetch them, with links.
func WithoutPictures(p []byte, unseen func(address string) bool) (_ []byte, err error) {
	if !bytes.Contains(p, []byte(`"image_url"`)) {
		return p, nil
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(p, &body); err != nil {
		return nil, err
	}
	if body["blocks"] == nil {
		return p, nil
	}
	var blocks []json.RawMessage
	if err := json.Unmarshal(body["blocks"], &blocks); err != nil {
		return nil, err
	}
	some := false
	for i, b := range blocks {
		var picture image
		if json.Unmarshal(b, &picture) != nil || picture.Type != "image" {
			continue
		}
		if !unseen(picture.URL) {
			continue
		}
		some = true
		var small smallPrint
		small.link(oneLine(picture.Alt), picture.URL)
		if blocks[i], err = layout.JSON(small.done()[0].block); err != nil {
			return nil, err
		}
	}
	if !some {
		return p, nil
	}
	if body["blocks"], err = layout.JSON(blocks); err != nil {
		return nil, err
	}
	return layout.JSON(body)
}

// Pictures returns the addresses of the pictures in a body; an invalid body has
// none.
func Pictures(body []byte) (addresses []string) {
	var sent struct {
		Blocks []image `json:"blocks"`
	}
	if json.Unmarshal(body, &sent) != nil {
		return nil
	}
	for _, picture := range sent.Blocks {
		if picture.Type == "image" && picture.URL != "" {
			addresses = append(addresses, picture.URL)
		}
	}
	return addresses
}
