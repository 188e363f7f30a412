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

// moreID begins the id of a menu that has its choices from the server; behind it
// and a space stands the line that they continue.
const moreID = "more-"

// menu is a menu that says the line of what is chosen. Where the choices go on,
// another stands beside it that finds all of them by what is typed; its name has
// an ellipsis. A choice that a menu cannot hold is written out, as a button is.
func menu(s chat.Select, serial *int) (pieces []piece) {
	name, line := withoutMentions(oneLine(s.Label)), sanitised(s.Line)
	if shorten(name, maxPlaceholder-4) != name { // has room for " …" and the marks around it
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
			o = option(shorten(withoutMentions(label), maxOption-3), string(line)) // has room for the marks around it
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

// placeholder is the name of a menu; nil if it has none.
func placeholder(name clean) *slack.TextBlockObject {
	if name = clean(strings.TrimSpace(string(name))); name == "" {
		return nil
	}
	return plainText(name)
}

// option is a choice with a value, such as the line that it says, which is shown
// where there is no label; nil if it does not fit.
func option(label clean, value string) *slack.OptionBlockObject {
	text := plainText(withoutMentions(cmp.Or(label, sanitised(value))))
	if n := utf8.RuneCountInString(value); n == 0 || n > maxOptionValue || utf8.RuneCountInString(text.Text) > maxOption {
		return nil
	}
	return slack.NewOptionBlockObject(value, text, nil)
}

// Offered are the choices of a menu that asks for them, as Slack takes them: as
// many as there may be, with the beginnings of long labels.
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
	data, _ := layout.JSON(out) // texts always marshal
	return data
}

// MoreOf is the line that a menu of that action begins.
func MoreOf(action string) (line string, ok bool) {
	id, line, ok := strings.Cut(action, " ")
	line = string(sanitised(line))
	return line, ok && strings.HasPrefix(id, moreID) && line != ""
}
