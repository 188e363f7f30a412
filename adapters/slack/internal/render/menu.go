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

// Limits of menus
// (https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element,
// https://docs.slack.dev/reference/block-kit/composition-objects/option-object).
const (
	maxOptions     = 100
	maxOption      = 75
	maxOptionValue = 150
	maxPlaceholder = 150
	maxActionID    = 255
)

// moreID begins the action id of a menu whose choices come from the server. It
// is followed by a space and the line that the choices continue.
const moreID = "more-"

// menu lays out a menu that gives the line of the selected choice. If there are
// more choices, a second menu beside it finds all of them by typed text; its
// name ends in an ellipsis. A choice that does not fit in a menu is written out,
// like a button.
func menu(s chat.Select, serial *int) (pieces []piece) {
	name, line := withoutMentions(oneLine(s.Label)), sanitised(s.Line)
	if shorten(name, maxPlaceholder-4) != name { // leaves room for " …" and direction marks
		pieces = rich(cleanText{oneLine(s.Label).span(chat.Bold, "")})
		name = shorten(name, maxPlaceholder-4)
	}
	action := moreID + strconv.Itoa(*serial+1) + " " + string(line)
	more := line != "" && utf8.RuneCountInString(action) <= maxActionID
	if more {
		*serial++
	}
	var options []*slack.OptionBlockObject
	var written chat.List
	var row []slack.BlockElement
	used := 0
	pick := func() {
		if len(options) > 0 {
			*serial++
			row = append(row, slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, placeholder(name), "pick-"+strconv.Itoa(*serial), options...))
			used += length(name) + 2
			options = nil
		}
	}
	flush := func() {
		if len(row) > 0 {
			pieces = append(pieces, piece{slack.NewActionBlock("", row...), used})
		}
		row, used = nil, 0
	}
	for _, c := range s.Choices {
		label, line := oneLine(c.Label), sanitised(c.Line)
		o := option(label, string(line))
		if o == nil && s.Brief {
			o = option(shorten(withoutMentions(label), maxOption-3), string(line)) // leaves room for direction marks
		}
		switch {
		case line == "" && label == "":
			continue
		case o == nil:
			written.Items = append(written.Items, writtenOut(label, line))
			continue
		case len(options) == maxOptions, len(options) > 0 && used+length(o.Text.Text) > maxRich:
			pick()
			flush()
		}
		options = append(options, o)
		used += length(o.Text.Text)
	}
	pick()
	if more {
		if len(row) > 0 {
			name += " …"
		}
		element := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, placeholder(name), action)
		element.MinQueryLength = new(int)
		row = append(row, element)
		used += length(name) + 2
	}
	flush()
	return append(pieces, list(written).pieces...)
}

// placeholder returns the name of a menu, or nil if it has none.
func placeholder(name clean) *slack.TextBlockObject {
	if name = clean(strings.TrimSpace(string(name))); name == "" {
		return nil
	}
	return plainText(name)
}

// option returns a choice with a value, such as its line, which is shown if
// there is no label. It returns nil if the choice does not fit.
func option(label clean, value string) *slack.OptionBlockObject {
	text := plainText(withoutMentions(cmp.Or(label, sanitised(value))))
	if n := utf8.RuneCountInString(value); n == 0 || n > maxOptionValue || utf8.RuneCountInString(text.Text) > maxOption {
		return nil
	}
	return slack.NewOptionBlockObject(value, text, nil)
}

// Offered returns the choices of a menu that requests them, as JSON for Slack:
// up to the maximum number, with long labels shortened.
func Offered(all []chat.Choice) []byte {
	out := struct {
		Options []*slack.OptionBlockObject `json:"options"`
	}{[]*slack.OptionBlockObject{}}
	for _, c := range all {
		if len(out.Options) == maxOptions {
			break
		}
		line := string(sanitised(c.Line))
		if o := option(shorten(withoutMentions(oneLine(cmp.Or(c.Label, line))), maxOption-3), line); o != nil {
			out.Options = append(out.Options, o)
		}
	}
	data, _ := layout.JSON(out) // text can always be marshaled
	return data
}

// MoreOf returns the line that choices of the menu with this action id continue.
func MoreOf(action string) (line string, ok bool) {
	id, line, ok := strings.Cut(action, " ")
	line = string(sanitised(line))
	return line, ok && strings.HasPrefix(id, moreID) && line != ""
}
