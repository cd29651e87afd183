# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of rdtsim for fish.

set -l none 'not __fish_seen_subcommand_from mount run ctl scenarios'
set -l machine '__fish_seen_subcommand_from mount run'

complete -c rdtsim -f
complete -c rdtsim -n $none -a mount -d 'Mount it and go to the background'
complete -c rdtsim -n $none -a run -d 'Mount it while a command runs'
complete -c rdtsim -n $none -a ctl -d 'Control a mounted simulator'
complete -c rdtsim -n $none -a scenarios -d 'List the machines'

complete -c rdtsim -s h -l help -d 'Show the help'
complete -c rdtsim -n $none -s V -l version -d 'Show the version'

complete -c rdtsim -n $machine -l scenario -x -a '(rdtsim scenarios | string split -f 1 " ")' -d 'The machine'
complete -c rdtsim -n $machine -l seed -x -d 'For other counts'
complete -c rdtsim -n $machine -l debug -d 'Files mon_hw_id and ctrl_hw_id'
complete -c rdtsim -n $machine -l frozen -d 'Begin with the time stopped'

# The '' ends the options of __fish_complete_subcommand itself.
complete -c rdtsim -n '__fish_seen_subcommand_from run' -x -a "(__fish_complete_subcommand --fcs-skip=2 '' --scenario --seed)"

complete -c rdtsim -n '__fish_seen_subcommand_from mount' -l foreground -d 'Stay'
complete -c rdtsim -n '__fish_seen_subcommand_from mount' -l pid-file -r -F -d 'Write the process id to a file'
complete -c rdtsim -n '__fish_seen_subcommand_from mount ctl' -a '(__fish_complete_directories)'
