; The program behind the shortcuts: starts N6 Studio, the first time in a window that sets it up. It shows nothing itself.
; packaging/build.py gives VERSION, BUILD, BASE (digest of the list of the base), WHEEL, OUT, ICON.
Unicode true
Target amd64-unicode
!include LogicLib.nsh
!include FileFunc.nsh
Name "N6 Studio"
OutFile "${OUT}"
Icon "${ICON}"
RequestExecutionLevel user
SilentInstall silent
AutoCloseWindow true
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "N6 Studio"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "N6 Studio"
VIAddVersionKey LegalCopyright "AGPL-3.0-only"

Var Home
Var Python

!macro LookFor FOLDER
  ${If} $Python == ""
  ${AndIf} ${FileExists} "${FOLDER}\pythonw.exe"
    StrCpy $Python "${FOLDER}\pythonw.exe"
  ${EndIf}
!macroend

Section
  StrCpy $Home "$LOCALAPPDATA\n6studio"
  ${GetParameters} $R0
  Call IsReady
  ${If} $0 == "ready"
    Exec '"$Home\environments\${BASE}\Scripts\pythonw.exe" -P -m n6studio $R0'
    SetErrorLevel 0
    Quit
  ${EndIf}
  StrCpy $Python ""
  !insertmacro LookFor "$EXEDIR\python"
  Call FromUv
  !insertmacro LookFor "$LOCALAPPDATA\Programs\Python\Python312"
  !insertmacro LookFor "$LOCALAPPDATA\Programs\Python\Python311"
  ${If} $Python == ""
    nsExec::Exec '"$EXEDIR\uv.exe" python install --install-dir "$Home\python" 3.12'
    Pop $0
    Call FromUv
  ${EndIf}
  ${If} $Python == ""
    MessageBox MB_OK|MB_ICONEXCLAMATION "N6 Studio could not get Python 3.12.$\n$\nCheck the network connection (behind a proxy, set HTTPS_PROXY) and start again, or install Python 3.12 from python.org."
    SetErrorLevel 0
    Quit
  ${EndIf}
  System::Call 'kernel32::SetEnvironmentVariable(t "PYTHONPATH", t "$EXEDIR\${WHEEL}")'
  Exec '"$Python" -P -m n6studio.first_start --kit "$EXEDIR" $R0'
SectionEnd

; Leaves "ready" in $0 where the environment is whole and has this build.
Function IsReady
  StrCpy $0 ""
  ${If} ${FileExists} "$Home\environments\${BASE}\n6studio-unfinished"
    Return
  ${EndIf}
  ClearErrors
  FileOpen $1 "$Home\environments\${BASE}\n6studio-ready.json" r
  ${If} ${Errors}
    Return
  ${EndIf}
  FileRead $1 $2
  FileClose $1
  StrCpy $2 $2 23 1
  ${If} $2 == '"build": "${BUILD}"'
    StrCpy $0 "ready"
  ${EndIf}
FunctionEnd

; Leaves the Python that uv got in $Python, where it is still empty.
Function FromUv
  FindFirst $1 $2 "$Home\python\cpython-3.12*"
  ${If} $2 != ""
    !insertmacro LookFor "$Home\python\$2"
  ${EndIf}
  FindClose $1
FunctionEnd
