package render

import (
	"cmp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// buttons lays out buttons in rows; serial distinguishes those of one
// message. A button that does not fit in a row is written out, so that its
// line can be typed or its address followed.
func buttons(all chat.Buttons, serial *int) (pieces []piece) {
	var row []slack.BlockElement
	var written chat.List
	used := 0
	flush := func() {
		if len(row) > 0 {
			pieces = append(pieces, piece{slack.NewActionBlock("", row...), used})
		}
		row, used = nil, 0
	}
	for _, b := range all {
		label, line, address := oneLine(b.Label), sanitised(b.Line), ""
		shown := cmp.Or(label, line)
		if strings.TrimSpace(string(line)) == "" {
			line, address = "", b.URL
			shown = cmp.Or(label, shortAddress(address))
		}
		text := plainText(withoutMentions(shown))
		n := length(text.Text) + addressLength(address)
		switch {
		case line == "" && address == "":
			continue
		case address != "" && (!layout.Link(address) || addressLength(address) > maxButtonURL || utf8.RuneCountInString(text.Text) > maxLabel):
			written.Items = append(written.Items, chat.Text{{Text: cmp.Or(string(label), address), URL: address}})
			continue
		case utf8.RuneCountInString(text.Text) > maxLabel, utf8.RuneCountInString(string(line)) > maxLine:
			written.Items = append(written.Items, writtenOut(label, line))
			continue
		case len(row) == maxButtons, len(row) > 0 && used+n > maxRich:
			flush()
		}
		*serial++
		button := slack.NewButtonBlockElement("say-"+strconv.Itoa(*serial), string(line), text)
		if address != "" {
			button.ActionID, button.URL = "open-"+strconv.Itoa(*serial), address
		}
		row = append(row, button)
		used += n
	}
	flush()
	return append(pieces, list(written).pieces...)
}

// writtenOut returns a text for a line that no menu or button can hold, so that people can
// type it.
func writtenOut(label, line clean) chat.Text {
	text := chat.Text{line.span(chat.Code, "")}
	if label == "" {
		return text
	}
	return append(chat.Text{(label + " ").span(0, "")}, text...)
}
