package compose

import (
	"strings"
	"testing"
)

// The status describes the connections of the adapters in the reader's language.
func TestConnectionsAreToldInTheReadersLanguage(t *testing.T) {
	connections := []Connection{
		{Name: "discord", Where: "Digests in 3 servers"},
		{Name: "slack", Off: "the connection was lost: websocket: close 1006"},
		{Name: "team", Off: "there is no bot token: set bot_token_file"},
	}
	m := Status(nil, nil, nil, connections, nil, "zh-TW")
	var said []string
	for _, text := range textsOf(m) {
		said = append(said, text.String())
	}
	for _, want := range []string{"discord Digests，在 3 個伺服器中", "slack 無法使用：連線中斷（websocket: close 1006）", "team 無法使用：沒有機器人權杖：請設定 bot_token_file"} {
		if got := strings.Join(said, "|"); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
}
