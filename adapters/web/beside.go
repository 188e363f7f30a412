package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/digestbot/digestbot/bot/chat"
)

// beside is a platform on which people can see what a message of the room would look
// like. The room knows no more of it than this.
type beside struct{ chat.Beside }

// SetBeside offers, beside each message, to see it as it looks on other platforms.
func (a *Adapter) SetBeside(all ...chat.Beside) {
	a.beside = nil
	for _, b := range all {
		a.beside = append(a.beside, beside{b})
	}
}

// likeness is a message as another platform would show it.
type likeness struct {
	Name  string
	Parts []part
	// Failed says why there are no parts.
	Failed string
}

// part is one of the payloads of a likeness.
type part struct {
	JSON    string        // the payload, indented
	Page    template.HTML // what it looks like, as a whole page
	Builder string        // where people can try it out, if anywhere
}

// look gives a message as the platform would show it.
func (b beside) look(m chat.Message) (likeness, error) {
	out := likeness{Name: b.Name}
	payloads, err := b.Render(m)
	for i, p := range payloads {
		var indented bytes.Buffer
		if err == nil {
			err = json.Indent(&indented, p, "", "  ")
		}
		var page []byte
		var builder string
		if err == nil {
			page, builder, err = b.Draw(p)
		}
		if err != nil {
			return out, fmt.Errorf("part %d for %s: %w", i+1, b.Name, err)
		}
		out.Parts = append(out.Parts, part{indented.String(), template.HTML(page), builder})
	}
	if err != nil {
		return out, fmt.Errorf("message for %s: %w", b.Name, err)
	}
	return out, nil
}

// Sheet draws messages as one HTML document that stands on its own, each with
// how it looks on the other platforms beside it: no script, and nothing to
// fetch but pictures, so it can be opened as a file. Its own words it says
// in the language of each message.
func Sheet(in func(languages ...string) chat.Wording, messages []chat.Message, others ...chat.Beside) []byte {
	var rows []row
	for _, m := range messages {
		r := row{message: newMessage(m)}
		r.Words = in(r.Language())
		for _, b := range others {
			l, err := beside{b}.look(m)
			if err != nil {
				l.Failed = err.Error()
			}
			r.Beside = append(r.Beside, l)
		}
		rows = append(rows, r)
	}
	return sheet(rows)
}

// Path is where a message is shown as on that platform.
func (b beside) Path(id int64) string {
	return "/beside/" + url.PathEscape(b.Name) + "/" + strconv.FormatInt(id, 10)
}

// likeness finds the message and the platform of a request and gives the one
// as it looks on the other. When it cannot, it has answered.
func (s *server) likeness(w http.ResponseWriter, r *http.Request) (b beside, p posted, l likeness, ok bool) {
	i := slices.IndexFunc(s.beside, func(b beside) bool { return b.Name == r.PathValue("platform") })
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if i < 0 || err != nil {
		http.NotFound(w, r)
		return b, p, l, false
	}
	b = s.beside[i]
	p, err = s.one(r.Context(), id)
	if errors.Is(err, chat.ErrNotFound) {
		http.NotFound(w, r)
		return b, p, l, false
	}
	if err == nil && p.Unreadable {
		http.Error(w, unread(s.wordsFor(r)), http.StatusInternalServerError)
		return b, p, l, false
	}
	if err == nil {
		l, err = b.look(p.chat())
	}
	if err != nil {
		s.fail(w, r, err)
		return b, p, l, false
	}
	return b, p, l, true
}

// showBeside shows a message as on another platform, with its payloads.
func (s *server) showBeside(w http.ResponseWriter, r *http.Request) {
	b, p, l, ok := s.likeness(w, r)
	if !ok {
		return
	}
	page, err := draw("beside.html", struct {
		Words    chat.Wording
		Path     string
		Message  posted
		Likeness likeness
	}{s.wordsFor(r), b.Path(p.ID), p, l})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	sendHTML(w, http.StatusOK, page)
}

// givePayloads gives the payloads of a message as a JSON array to keep.
func (s *server) givePayloads(w http.ResponseWriter, r *http.Request) {
	b, p, l, ok := s.likeness(w, r)
	if !ok {
		return
	}
	payloads := []json.RawMessage{}
	for _, x := range l.Parts {
		payloads = append(payloads, json.RawMessage(x.JSON))
	}
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename*=UTF-8''%s-%d.json", url.PathEscape(b.Name), p.ID))
	sendJSON(w, payloads)
}

// drawPart shows one payload as its platform would: a page for a frame of this
// room. The page is not ours, so it runs nothing, even if it tried; it has the
// room's origin only so that the script of the page around it can fit the
// frame to it.
func (s *server) drawPart(w http.ResponseWriter, r *http.Request) {
	_, _, l, ok := s.likeness(w, r)
	if !ok {
		return
	}
	i, err := strconv.Atoi(r.PathValue("part"))
	if err != nil || i < 0 || i >= len(l.Parts) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src https:; style-src 'unsafe-inline'; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	sendHTML(w, http.StatusOK, []byte(l.Parts[i].Page))
}
