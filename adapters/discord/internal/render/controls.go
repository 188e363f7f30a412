package render

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
)

// pageEnd is the content at the end of the last page.
type pageEnd struct {
	footer  string
	menus   []Component
	buttons []Component
	json    int // of menus and buttons
}

// addMenu adds a menu if there is a row for it.
func (e *pageEnd) addMenu(m Component, cost int) bool {
	if len(e.menus)+len(rows(e.buttons)) >= rowsLimit {
		return false
	}
	e.menus = append(e.menus, m)
	m.CustomID = KeyEnd + "menu " + strconv.Itoa(len(e.menus))
	e.menus[len(e.menus)-1], e.json = m, e.json+cost
	return true
}

// addButton adds a button if it is valid and there is room.
func (e *pageEnd) addButton(b Component) bool {
	cost := buttonCost + sizeOf(b.Label).json + sizeOf(b.CustomID).json + sizeOf(b.URL).json
	room := (rowsLimit-len(e.menus))*rowLimit - 1 // one is reserved for the key of the message, which link buttons cannot carry
	if b.CustomID != "" || len(e.menus) > 0 || slices.ContainsFunc(e.buttons, func(b Component) bool { return b.CustomID != "" }) {
		room++
	}
	if b.Label == "" || len(e.buttons) >= room || e.json+cost > buttonsSize ||
		utf8.RuneCountInString(b.Label) > labelLimit || b.CustomID == "" && (!fits(b.URL, buttonURLLimit) || !isLink(b.URL)) ||
		b.CustomID != "" && (utf8.RuneCountInString(b.CustomID)+chat.KeyLimit > customIDLimit || slices.ContainsFunc(e.buttons, func(o Component) bool { return o.CustomID == b.CustomID })) {
		return false
	}
	e.buttons, e.json = append(e.buttons, b), e.json+cost
	return true
}

func (e *pageEnd) size() size {
	s := sizeOf(e.footer)
	s.json += e.json + panelCost + rowsLimit*rowCost
	s.bytes += len("\n-# ") + len(e.footer) // worst case if it is escaped in the text
	for _, b := range e.buttons {
		s.bytes += len(b.Label)
	}
	for _, m := range e.menus {
		s.bytes += len(m.Placeholder)
		for _, o := range m.Options {
			s.bytes += len(o.Label)
		}
	}
	return s
}

// rows arranges buttons in the minimum number of rows, of about equal length.
func rows(buttons []Component) []Row {
	var out []Row
	for left := (len(buttons) + rowLimit - 1) / rowLimit; left > 0; left-- {
		n := (len(buttons) + left - 1) / left
		out = append(out, Row{Type: rowType, Components: buttons[:n]})
		buttons = buttons[n:]
	}
	return out
}
