//go:build js && wasm

// Command wasm hands package verify to JavaScript: kokoVerify(file, keys, cosignatures) takes the bytes of
// a sealed file as a Uint8Array, the published keys to check with as JSON or nothing, and how many witnesses
// must have cosigned, and returns the report as JSON. Nothing leaves the page.
package main

import (
	"bytes"
	"encoding/json"
	"syscall/js"

	"koko/internal/evidence/verify"
)

func main() {
	js.Global().Set("kokoVerify", js.FuncOf(func(_ js.Value, args []js.Value) any { return check(args) }))
	select {}
}

func check(args []js.Value) string {
	file := make([]byte, args[0].Get("length").Int())
	js.CopyBytesToGo(file, args[0])
	var trust verify.Trust
	if len(args) > 1 && args[1].Type() == js.TypeString {
		var err error
		if trust, err = verify.ParseTrust([]byte(args[1].String())); err != nil {
			return failure(err)
		}
	}
	if len(args) > 2 && args[2].Type() == js.TypeNumber {
		trust.Cosignatures = args[2].Int()
	}
	report, err := verify.Check(bytes.NewReader(file), int64(len(file)), trust)
	if err != nil {
		return failure(err)
	}
	text, err := json.Marshal(report)
	if err != nil {
		return failure(err)
	}
	return string(text)
}

func failure(err error) string {
	text, _ := json.Marshal(map[string]string{"error": err.Error()})
	return string(text)
}
