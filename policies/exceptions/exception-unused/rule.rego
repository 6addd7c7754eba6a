# METADATA
# title: An exception hides nothing
# custom:
#   id: XS001
#   name: exception-unused
#   severity: warning
#   suppressible: false
#   paths: []
#   statements: []
#   needs: []
#   versions: []
#   title.ja: 何も抑制しない例外
#   applies:
#     en: "no exception is written, or none is heeded"
#     ja: "例外の記述がないか、例外を適用しない設定です"
#   message:
#     en: "The exception for {rule} hides nothing"
#     ja: "{rule} の例外で抑制される検出はありません"
#   fix:
#     en: "Take the exception out: what it was for is cured, or it stands at the wrong place"
#     ja: "例外を削除します。対象の問題は解消済みか、例外を書いた場所が誤っています"
#   variants:
#     foreign:
#       message:
#         en: "The exception for {rule} is for \"{object}\", which none of the inputs holds"
#         ja: "{rule} の例外の対象「{object}」は、どの入力にもありません"
#       fix:
#         en: "Correct `object`, or take the exception out; a run on a part of the files may ignore this note"
#         ja: "`object` を修正するか、例外を削除します。一部のファイルだけの検査であれば、この注意は無視できます"
#   labels:
#     every: {en: "every rule", ja: "すべての規則"}
#     here: {en: "the exception", ja: "例外"}
package exlint.rules.exception_unused

import rego.v1

import data.exlint.lib.excepted

applies if count(input.exceptions) > 0

severity := {"unused": "warning", "foreign": "note"}

variant("foreign") := {"variant": "foreign"}

variant("unused") := {}

findings contains finding if {
	some exception in input.exceptions
	finding := object.union_n([
		excepted.finding(exception),
		variant(exception.state),
		{"severity": severity[exception.state]},
	])
}
