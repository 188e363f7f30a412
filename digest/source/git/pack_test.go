package git

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

// packed is an object of a pack: its type, the length that it states, the data between
// that and its contents, and the contents.
type packed struct {
	kind   plumbing.ObjectType
	length int
	base   []byte
	data   []byte
}

// packOf returns a pack without its checksum, which is not checked.
func packOf(t *testing.T, objects ...packed) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("PACK\x00\x00\x00\x02")
	_ = binary.Write(&b, binary.BigEndian, uint32(len(objects)))
	for _, o := range objects {
		head := byte(o.kind)<<4 | byte(o.length&15)
		for rest := o.length >> 4; ; rest >>= 7 {
			if rest == 0 {
				b.WriteByte(head)
				break
			}
			b.WriteByte(head | 0x80)
			head = byte(rest & 127)
		}
		b.Write(o.base)
		z := zlib.NewWriter(&b)
		if _, err := z.Write(o.data); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return bytes.NewReader(b.Bytes())
}

// A pack is checked before it is unpacked: the sizes that its objects state, and their
// actual sizes.
func TestCheckOfAPack(t *testing.T) {
	l := Limits{Objects: 4, Object: 1000, Unpacked: 3000, Chain: 50}
	blob := func(n int) packed { return packed{plumbing.BlobObject, n, nil, make([]byte, n)} }
	// delta returns a delta that yields target bytes of 10, and has own bytes itself.
	delta := func(kind plumbing.ObjectType, base []byte, target uint64, own int) packed {
		data := binary.AppendUvarint(binary.AppendUvarint(nil, 10), target)
		data = append(data, make([]byte, own)...)
		return packed{kind, len(data), base, data}
	}
	by := func(distance byte) []byte { return []byte{distance} }
	named := make([]byte, 20)
	for name, c := range map[string]struct {
		objects []packed
		want    string
	}{
		"small":                   {[]packed{blob(10), delta(plumbing.OFSDeltaObject, by(19), 900, 5), delta(plumbing.REFDeltaObject, named, 900, 5)}, ""},
		"too many":                {[]packed{blob(1), blob(2), blob(3), blob(4), blob(5)}, "brings 5 objects, up to 4"},
		"too large":               {[]packed{blob(1001)}, "file of 1001 bytes"},
		"too large when made":     {[]packed{blob(10), delta(plumbing.OFSDeltaObject, by(19), 1001, 5)}, "file of 1001 bytes"},
		"larger than can be said": {[]packed{blob(10), delta(plumbing.OFSDeltaObject, by(19), 1<<63, 5)}, "up to 1000 bytes"},
		"too large in sum":        {[]packed{blob(1000), blob(1000), blob(1000), blob(1)}, "more than 3000 bytes when it is unpacked"},
		"too large in sum when made": {
			[]packed{blob(10), delta(plumbing.OFSDeltaObject, by(19), 1000, 5), delta(plumbing.REFDeltaObject, named, 1000, 5), delta(plumbing.REFDeltaObject, named, 1000, 5)},
			"more than 3000 bytes when it is unpacked",
		},
		"long differences by name": {[]packed{blob(10), delta(plumbing.REFDeltaObject, named, 10, 20), delta(plumbing.REFDeltaObject, named, 10, 20)}, "build on each other"},
		"a long difference":        {[]packed{blob(10), delta(plumbing.OFSDeltaObject, by(19), 10, 60)}, "build on each other"},
		"longer than it says":      {[]packed{{plumbing.BlobObject, 5, nil, make([]byte, 9)}}, "damaged"},
		"shorter than it says":     {[]packed{{plumbing.BlobObject, 900, nil, make([]byte, 9)}}, "damaged"},
		"a difference of nothing":  {[]packed{blob(10), {plumbing.OFSDeltaObject, 1, by(19), []byte{0x80}}}, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			err := l.check(packOf(t, c.objects...))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	// A header alone may state any number.
	if err := l.check(strings.NewReader("PACK\x00\x00\x00\x02\xff\xff\xff\xff")); err == nil || !strings.Contains(err.Error(), "4294967295 objects") {
		t.Errorf("of a header: %v", err)
	}
}
