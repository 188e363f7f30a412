package shelf

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/digestbot/digestbot/digest"
)

// text is the text of a digest on the shelf. It holds the bytes until they are written.
type text struct {
	shelf *Shelf

	mu     sync.Mutex
	packed []byte // nil once it is written
	id     int64  // of the reading
}

// Open loads the digest.
func (t *text) Open() (*digest.Digest, error) {
	t.mu.Lock()
	packed, id := t.packed, t.id
	t.mu.Unlock()
	if packed == nil {
		var err error
		if packed, err = t.shelf.text(id); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrText, err)
		}
	}
	d, err := unpack(packed)
	if err != nil {
		t.shelf.condemn(err)
		return nil, fmt.Errorf("%w: %w", ErrText, err)
	}
	return d, nil
}

// reading returns the ID of the reading that the text belongs to; 0 until it is
// written.
func (t *text) reading() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.id
}

// ErrText means that a text can no longer be loaded from the shelf.
var ErrText = errors.New("its text is lost")

// written records that the text is on the shelf, with the reading id.
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

// polynomial is one that processors support in hardware.
var polynomial = crc32.MakeTable(crc32.Castagnoli)

// pack encodes the text of a digest, with a checksum, because a check of the file does
// not cover the contents of texts. It does not compress: that would take a fifth of the
// time of reading a library for the first time.
func pack(d *digest.Digest) ([]byte, error) {
	text, err := json.Marshal(body{d.DateAt, d.TagsAt, d.Image, d.Lead, d.Stories, d.Sections, d.Problems})
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint32(text, crc32.Checksum(text, polynomial)), nil
}

// unpack decodes what pack has encoded.
func unpack(packed []byte) (*digest.Digest, error) {
	var b body
	end := max(len(packed)-crc32.Size, 0)
	text, sum := packed[:end], packed[end:]
	if len(sum) < crc32.Size || binary.BigEndian.Uint32(sum) != crc32.Checksum(text, polynomial) {
		return nil, errUnusable
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, damage(err)
	}
	return &digest.Digest{
		DateAt: b.DateAt, TagsAt: b.TagsAt, Image: b.Image, Lead: b.Lead, Stories: b.Stories, Sections: b.Sections, Problems: b.Problems,
	}, nil
}
