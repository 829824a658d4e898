; Stands in for uv.exe and Python where wine cannot run them: writes down what it was asked, and what PYTHONPATH was.
Unicode true
Target amd64-unicode
!include FileFunc.nsh
Name "stand-in"
OutFile "${OUT}"
RequestExecutionLevel user
SilentInstall silent
Section
  ${GetParameters} $R0
  ReadEnvStr $R1 PYTHONPATH
  FileOpen $0 "$EXEPATH.asked.txt" a
  FileSeek $0 0 END
  FileWrite $0 "$R0 | $R1$\r$\n"
  FileClose $0
SectionEnd
