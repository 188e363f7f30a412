package discord
import ("testing";"fmt";"strings";"github.com/digestbot/digestbot/bot/chat")
func TestZZ(t *testing.T){
 s := newStand(t)
 m := chat.Message{Title:"第1号", Blocks: []chat.Block{chat.Story{Headline:"第9号", Summary: chat.Text{{Text:"第10号",URL:"https://e11.example/"},{Text:"第12号",Style:1},{Text:"第14号"},{Text:"Go 1.26正式发布，新的垃圾回收器成为默认选项。\n第16号",Style:3},{Text:"第17号"}}}}}
 ps,_ := s.Adapter.Render(m)
 for _,p := range ps { fmt.Println(string(p)); pg,_,err := s.Adapter.Draw(p); i:=strings.Index(string(pg),"<body"); fmt.Println(string(pg)[i:], err) }
}
