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

// beside is another platform on which people can preview a message of the room. The
// room knows no more than this about it.
type beside struct{ chat.Beside }

// SetBeside offers to show each message as it looks on these platforms.
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
	// Failed is the reason if there are no parts.
	Failed string
}

// part is one of the payloads of a likeness.
type part struct {
	JSON    string        // the payload, indented
	Page    template.HTML // a whole page that shows it
	Builder string        // where people can try it out; may be empty
}

// look returns a message as the platform would show it.
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

// Sheet draws messages as one self-contained HTML document, with their
// appearance on the other platforms beside each. It has no scripts and
// fetches nothing but pictures, so it can be opened as a file. Its own words
// are in the language of each message.
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

// Path returns the path of the page that shows a message as on that platform.
func (b beside) Path(id int64) string {
	return "/beside/" + url.PathEscape(b.Name) + "/" + strconv.FormatInt(id, 10)
}

// likeness finds the message and the platform of a request, and returns the
// message as it looks on the platform. If ok is false, the request has been
// answered.
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

// showBeside shows a message as it looks on another platform, with its payloads.
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

// givePayloads returns the payloads of a message as a JSON file for download.
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

// drawPart shows one payload as its platform would, as a page for a frame in
// the room. The page is not ours, so it must not run anything. It shares the
// room's origin only so that the script of the surrounding page can adjust the
// height of the frame.
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
