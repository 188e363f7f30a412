package shelf

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/digestbot/digestbot/digest"
)

// text is the text of a digest on the shelf. Until it is written, it has the bytes
// themselves.
type text struct {
	shelf *Shelf

	mu     sync.Mutex
	packed []byte // nil once it is written
	id     int64  // of the reading
}

// Open gives the digest.
func (t *text) Open() (*digest.Digest, error) {
	t.mu.Lock()
	packed, id := t.packed, t.id
	t.mu.Unlock()
	if packed == nil {
		var err error
		if packed, err = t.shelf.text(id); err != nil {
			return nil, err
		}
	}
	return unpack(packed)
}

// written notes that the text stands in a reading.
func (t *text) written(id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.packed, t.id = nil, id
}

// body is a digest without its card.
type body struct {
	DateAt   digest.Position   `json:",omitzero"`
	TagsAt   []digest.Position `json:",omitempty"`
	Image    digest.Image      `json:",omitzero"`
	Lead     digest.Text       `json:",omitempty"`
	Stories  []digest.Story    `json:",omitempty"`
	Sections []digest.Section  `json:",omitempty"`
	Problems []digest.Problem  `json:",omitempty"`
}

// deflaters are used again: each takes much more memory than a digest.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is one of those that there are
	}
	return w
}}

// pack writes the text of a digest.
func pack(d *digest.Digest) ([]byte, error) {
	text, err := json.Marshal(body{d.DateAt, d.TagsAt, d.Image, d.Lead, d.Stories, d.Sections, d.Problems})
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&packed)
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}

// unpack reads what pack has written.
func unpack(packed []byte) (*digest.Digest, error) {
	var b body
	if err := json.NewDecoder(flate.NewReader(bytes.NewReader(packed))).Decode(&b); err != nil {
		return nil, fmt.Errorf("its text is damaged: %w", err)
	}
	return &digest.Digest{
		DateAt: b.DateAt, TagsAt: b.TagsAt, Image: b.Image, Lead: b.Lead, Stories: b.Stories, Sections: b.Sections, Problems: b.Problems,
	}, nil
}
