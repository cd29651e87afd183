# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of rdtstat for fish.

set -l commands list top info capture run

function __rdtstat_root
    set -l words (commandline -opc)
    for i in (seq (count $words))
        string match -qr -- '^--root=' $words[$i]; and string replace -- --root= '' $words[$i]; and return
        test "$words[$i]" = --root; and echo $words[(math $i + 1)]; and return
    end
    echo /sys/fs/resctrl
end

function __rdtstat_places
    __fish_complete_directories
    __fish_complete_suffix .tar
    __fish_complete_suffix .tar.gz
end

function __rdtstat_groups
    set -l root (__rdtstat_root)
    for group in $root/*/tasks $root/mon_groups/*/tasks $root/*/mon_groups/*/tasks
        string replace -r -- '/tasks$' '' (string sub -s (math (string length -- $root) + 2) -- $group)
    end
end

function __rdtstat_events
    set -l root (__rdtstat_root)
    string replace -r -- '.*/' '' $root/mon_data/*/* | sort -u
end

set -l none "not __fish_seen_subcommand_from $commands"
set -l of_groups "not __fish_seen_subcommand_from list info capture run"

complete -c rdtstat -f
complete -c rdtstat -n $none -a list -d 'List the groups as a tree'
complete -c rdtstat -n $none -a top -d 'Show the groups on the whole screen'
complete -c rdtstat -n $none -a info -d 'Show what resctrl offers and what is missing'
complete -c rdtstat -n $none -a capture -d 'Pack what a bug report needs'
complete -c rdtstat -n $none -a run -d 'Run a command in a MON group of its own'

complete -c rdtstat -l root -x -a '(__rdtstat_places)' -d 'The tree at a directory, or an archive'
complete -c rdtstat -s h -l help -d 'Show the help of the command'
complete -c rdtstat -s V -l version -d 'Show the version'
complete -c rdtstat -n 'not __fish_seen_subcommand_from top capture' -l json -d 'JSON instead of tables'

complete -c rdtstat -n $of_groups -s g -l group -x -a '(__rdtstat_groups)' -d 'This group only'
complete -c rdtstat -n $of_groups -s e -l event -x -a '(__rdtstat_events)' -d 'This event only'
complete -c rdtstat -n $of_groups -s d -l per-domain -d 'A row for each domain'
complete -c rdtstat -n $of_groups -l type -x -a 'ctrl mon' -d 'Groups of this type only'
complete -c rdtstat -n $of_groups -l sort -x -a '(__rdtstat_events)' -d 'The largest of this event first'
complete -c rdtstat -n $none -l breakdown -d 'Total, own and MON groups of each CTRL_MON group'
complete -c rdtstat -n $none -l timestamp -d 'A time in each row, a header for each screenful'
complete -c rdtstat -n $none -l bytes -d 'Exact numbers'
complete -c rdtstat -n $of_groups -l iec -d 'Powers of 1024'
complete -c rdtstat -n $of_groups -l si -d 'Powers of 1000'
complete -c rdtstat -n $none -l color -a 'auto always never' -d 'Missing and partial values in color'
complete -c rdtstat -n $none -l csv -d 'Comma separated values'
complete -c rdtstat -n $none -l openmetrics -d 'One exposition'

complete -c rdtstat -n '__fish_seen_subcommand_from top' -l tree -d 'MON groups below their CTRL_MON group'
complete -c rdtstat -n '__fish_seen_subcommand_from top' -l delay -x -d 'The time between two samples'

complete -c rdtstat -n '__fish_seen_subcommand_from info' -l sysroot -x -a '(__rdtstat_places)' -d 'Another system\'s files'

complete -c rdtstat -n '__fish_seen_subcommand_from capture' -s o -l output -r -F -d 'Write to a file'
complete -c rdtstat -n '__fish_seen_subcommand_from capture' -l hide-names -d 'Other names for the groups'

set -l run '__fish_seen_subcommand_from run'
complete -c rdtstat -n $run -s I -l interval -x -d 'A line every so many milliseconds'
complete -c rdtstat -n $run -s r -l repeat -x -d 'Run the command so often'
complete -c rdtstat -n $run -s p -l pid -x -a '(__fish_complete_pids)' -d 'Measure running processes'
complete -c rdtstat -n $run -s t -l tid -x -d 'Measure running threads'
complete -c rdtstat -n $run -s o -l output -r -F -d 'Write to a file'
complete -c rdtstat -n $run -l bytes -d 'Exact numbers'
complete -c rdtstat -n $run -x -a '(__fish_complete_subcommand --fcs-skip=2 -I --interval -r --repeat -p --pid -t --tid -o --output --root)'
